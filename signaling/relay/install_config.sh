#!/bin/sh
# Called by `meson install`: puts the relay's configuration where the unit reads it, unless one is
# there: that is the operator's, with secrets.
#
# usage: install_config.sh START CONFIGURATION
set -eu
configuration=${DESTDIR:-}$2
if [ -e "$configuration" ] || [ -L "$configuration" ]; then
    printf '%s stays as it is; %s is what a new one starts with.\n' "$configuration" "$1"
else
    mkdir -p "$(dirname "$configuration")"
    install -m 600 "$1" "$configuration"
fi
