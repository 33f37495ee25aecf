#!/bin/sh
# usage: system.sh chromium|bubblewrap|postgresql ...
# Makes sure that each Debian package is there: installs it where apt-get may, says so where not.
set -u
for package in "$@"; do
    case $package in
        chromium) commands="chromium chromium-browser google-chrome" ;;
        bubblewrap) commands="bwrap" ;;
        postgresql) commands="postgres /usr/lib/postgresql/*/bin/postgres" ;;
        *) echo "system.sh does not know the package '$package'." >&2; exit 2 ;;
    esac
    for command in $commands; do
        command -v "$command" >/dev/null 2>&1 && continue 2
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing $package ..."
        if { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package"; } \
            >/dev/null 2>&1; then
            continue
        fi
    fi
    echo "Missing system package: $package. Install it (Debian, Ubuntu: sudo apt-get install $package) and run this again." >&2
    exit 1
done
