#!/bin/sh
# Publishes this screen: an X11 display, or a Wayland one through PipeWire (the desktop asks
# which screen or window to share).
#
# usage: sh pipelines/screen.sh [--display DISPLAY] [--rate FPS] [--audio] [--listen ADDRESS]
#   --display DISPLAY  an X11 display such as :0; default: the session's own
#   --rate FPS         frames a second, X11 only; default 30
#   --audio            what this machine plays, too (PulseAudio or PipeWire)
#   --listen ADDRESS   HOST:PORT, :PORT (every network address) or PORT; default 127.0.0.1:8080;
#                      port 0 takes a free one
#   --help             this text
# Ctrl-C ends it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/pipelines/lib.sh"

display=''
rate=30
audio=no
listen=127.0.0.1:8080
while [ $# -gt 0 ]; do
    case $1 in
        --display) wants_value "$1" $#; display=$2; shift 2 ;;
        --rate) wants_value "$1" $#; rate=$2; shift 2 ;;
        --audio) audio=yes; shift ;;
        --listen) wants_value "$1" $#; listen=$2; shift 2 ;;
        -h | --help) show_help; exit 0 ;;
        *) die "unknown argument '$1'; see --help" ;;
    esac
done
location=$(location_of "$listen")
case $rate in *[!0-9]* | '') die "--rate takes a number, not '$rate'" ;; esac

wayland=no
if [ -z "$display" ]; then
    if [ -n "${WAYLAND_DISPLAY:-}" ]; then
        wayland=yes
    elif [ -n "${DISPLAY:-}" ]; then
        display=$DISPLAY
    else
        note "X11 displays here:"
        for socket in /tmp/.X11-unix/X*; do
            if [ -e "$socket" ]; then note "  :${socket##*/X}"; else note "  none"; fi
        done
        die "this is no graphical session (neither WAYLAND_DISPLAY nor DISPLAY is set); name a display with --display"
    fi
fi
need_plugin

set --
if [ "$audio" = yes ]; then
    set -- pulsesrc device=@DEFAULT_MONITOR@ ! audioconvert ! audioresample ! queue ! sink.
fi
if [ "$wayland" = yes ]; then
    # Debian's python3 sees python3-gi; another one may come first in PATH.
    python=python3
    if [ -x /usr/bin/python3 ]; then python=/usr/bin/python3; fi
    publish "$python" "$root/pipelines/wayland_screen.py" \
        webcastsink name=sink "location=$location" "$@"
else
    publish gst-launch-1.0 -m webcastsink name=sink "location=$location" \
        ximagesrc "display-name=$display" use-damage=false show-pointer=true \
        ! "video/x-raw,framerate=$rate/1" ! videoconvert ! queue ! sink. "$@"
fi
