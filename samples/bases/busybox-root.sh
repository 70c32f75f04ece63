#!/bin/sh
# Lays out a root file system around a busybox: its folders, its accounts and its applets.
#   sh busybox-root.sh ROOT BUSYBOX KIND
# KIND hard: every applet is a hard link in /bin, as in the busybox images.
# KIND symbolic: each is a symbolic link in its usual folder, as in Alpine.
set -eu
root=$1
busybox=$2
kind=$3
mkdir -p "$root"
cd "$root"
mkdir -p bin dev etc home lib proc root run sbin sys tmp usr/bin usr/lib usr/sbin var/tmp
chmod 700 root
chmod 1777 tmp var/tmp
cp "$busybox" bin/busybox
case $kind in
    hard)
        rmdir sbin usr/sbin
        "$root/bin/busybox" --list | while read -r name; do ln -f bin/busybox "bin/$name"; done
        ln -s ../../bin/env usr/bin/env
        ;;
    symbolic)
        "$root/bin/busybox" --list-full | while read -r path; do
            ln -s /bin/busybox "$path"
        done
        ;;
esac
cat >etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
END
cat >etc/group <<'END'
root:x:0:
daemon:x:1:
bin:x:2:
tty:x:5:
www-data:x:33:
users:x:100:
nogroup:x:65534:
END
sed 's/:.*/:*:::::::/' etc/passwd >etc/shadow
chmod 640 etc/shadow
