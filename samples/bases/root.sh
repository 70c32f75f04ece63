#!/bin/sh
# Makes the root file system of a Debian suite, from the mirror that this system's own apt uses.
#   sh root.sh SUITE TARGET      TARGET: a folder that is made, or a file whose name ends in .tar
# It runs on a Debian host for the first root, and in a build for every other suite.
set -eu
suite=$1
target=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The addresses of apt's archives. Cloud images name a file with a list of mirrors in place of one.
# A root has no certificates to check an address with, and apt checks signatures: http is enough.
addresses() {
    apt-get --print-uris update | sed -n "s|^'\(.*\)/dists/.*InRelease'.*|\1|p" | sort -u |
        while read -r address; do
            case $address in
                mirror+file:*) awk '/^[a-z]+:/ { print $1 }' "${address#mirror+file:}" ;;
                *) echo "$address" ;;
            esac
        done | sed 's|/*$||; s|^https\(:.*\)|http\1\n&|'
}

# Whether an address has a suite of Debian's: has ADDRESS SUITE LABEL
has() {
    /usr/lib/apt/apt-helper download-file "$1/dists/$2/InRelease" "$work/release" >/dev/null 2>&1 &&
        grep -qx "Label: $3" "$work/release"
}

# The first of the addresses that has a suite: first SUITE LABEL
first() {
    addresses | while read -r address; do
        if has "$address" "$1" "$2" </dev/null; then
            echo "$address"
            break
        fi
    done
}

# Where suites go when their support has ended: debootstrap knows the address.
archive() {
    (cd "$work" && apt-get -qq download debootstrap && dpkg-deb -x debootstrap_*.deb scripts) >&2
    sed -n 's/^default_mirror //p' "$work/scripts/usr/share/debootstrap/scripts/potato"
}

main=$(first "$suite" Debian)
security=$(first "$suite-security" Debian-Security)
if [ -z "$main" ]; then
    old=$(archive) || old=
    if [ -n "$old" ] && has "$old" "$suite" Debian; then main=$old security=$old-security; fi
fi
: >"$work/sources"
add() {
    if has "$1" "$2" "$3"; then echo "deb $1 $2 main" >>"$work/sources"; fi
}
if [ -n "$main" ]; then
    add "$main" "$suite" Debian
    add "$main" "$suite-updates" Debian
    add "$security" "$suite-security" Debian-Security
fi

# What this system's apt needs to reach the mirror, the new root needs too.
apt-config dump | grep -E '^Acquire::(Check-(Date|Valid-Until)|https?::Proxy) ' >"$work/apt.conf" || true
cat >>"$work/apt.conf" <<'END'
Acquire::Languages "none";
Acquire::GzipIndexes "true";
END

# Nothing that apt or dpkg keeps for themselves belongs in an image, nor what names this machine.
cat >"$work/clean" <<'END'
set -eu
cat >"$1/etc/apt/apt.conf.d/docker-clean" <<'CONF'
APT::Keep-Downloaded-Packages "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
CONF
rm -f "$1"/var/cache/apt/*.bin "$1"/var/cache/debconf/*-old "$1"/etc/hostname
: >"$1/etc/resolv.conf"
END

# Without an address mmdebstrap takes Debian's own.
set --
if [ -n "$main" ]; then set -- -; fi
include=
case $main in https:*) include=--include=ca-certificates ;; esac
mmdebstrap --variant=minbase --skip=check/empty,check/qemu \
    --aptopt="$work/apt.conf" --dpkgopt=force-unsafe-io \
    --customize-hook="sh '$work/clean' \"\$1\"" \
    $include "$suite" "$target" "$@" <"$work/sources"
