#!/bin/sh
# Starts what it is given, or node with it: an option, and what is neither a command nor a program.
set -eu
case ${1:-} in
    -*) set -- node "$@" ;;
    *) command -v "${1:-}" >/dev/null 2>&1 || set -- node "$@" ;;
esac
exec "$@"
