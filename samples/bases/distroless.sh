#!/bin/sh
# Unpacks Debian packages where no dpkg ran, and leaves a record of each as Distroless does: its
# control fields in var/lib/dpkg/status.d/PACKAGE, its checksums beside them.
#   sh distroless.sh ROOT PACKAGE...     the packages are files in the current folder
set -eu
root=$1
shift
records=$root/var/lib/dpkg/status.d
mkdir -p "$records"
for package; do
    deb=$(echo "${package}"_*.deb)
    dpkg-deb --extract "$deb" "$root"
    dpkg-deb --field "$deb" >"$records/$package"
    dpkg-deb --info "$deb" md5sums >"$records/$package.md5sums" 2>/dev/null ||
        rm "$records/$package.md5sums"
done
