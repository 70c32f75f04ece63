#!/bin/sh
# Makes a Debian root slim: its documents and translations go, and dpkg is told to unpack no more.
#   sh slim.sh ROOT
set -eu
cd "$1"
cat >etc/dpkg/dpkg.cfg.d/slim <<'END'
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/groff/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
END
cd usr/share
find doc ! -type d ! -name copyright -delete
find doc -mindepth 1 -type d -empty -delete
for name in groff info lintian locale man; do
    [ ! -d $name ] || find $name -mindepth 1 -delete
done
