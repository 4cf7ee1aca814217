#!/bin/sh
# Publishes a camera (Video4Linux) and a microphone (PulseAudio, PipeWire or ALSA).
#
# usage: sh pipelines/camera.sh [--device DEVICE] [--size WIDTHxHEIGHT] [--no-audio]
#                               [--listen ADDRESS]
#   --device DEVICE   default: the first camera found
#   --size WxH        ask the camera for this picture size; default: its own choice
#   --no-audio        picture only
#   --listen ADDRESS  HOST:PORT, :PORT (every network address) or PORT; default 127.0.0.1:8080;
#                     port 0 takes a free one
#   --help            this text
# Ctrl-C ends it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/pipelines/lib.sh"

# A camera often has a second node that gives metadata only: such a one is no camera.
is_camera() {
    [ -c "$1" ] || return 1
    command -v v4l2-ctl >/dev/null || return 0
    v4l2-ctl --device "$1" --list-formats 2>/dev/null | grep -q '\[0\]:'
}

first_camera() {
    for candidate in /dev/video*; do
        if is_camera "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

show_devices() {
    note "Video devices here:"
    if ls /dev/video* >/dev/null 2>&1; then
        for candidate in /dev/video*; do
            name=$(cat "/sys/class/video4linux/${candidate##*/}/name" 2>/dev/null || echo "?")
            if ! [ -r "$candidate" ]; then
                name="$name (no permission: add yourself to the group 'video')"
            elif ! is_camera "$candidate"; then
                name="$name (gives no pictures)"
            fi
            note "  $candidate  $name"
        done
    else
        note "  none"
    fi
    note "Sound inputs here:"
    sounds=$(grep capture /proc/asound/pcm 2>/dev/null) || sounds=none
    printf '%s\n' "$sounds" | sed 's/^/  /' >&2
}

# The microphone as the words of a pipeline; none: nothing.
microphone() {
    if command -v pactl >/dev/null && pactl info >/dev/null 2>&1 ||
        [ -S "${PULSE_RUNTIME_PATH:-${XDG_RUNTIME_DIR:-/nonexistent}/pulse}/native" ]; then
        echo pulsesrc
    elif grep -q capture /proc/asound/pcm 2>/dev/null; then
        echo alsasrc
    fi
}

device=''
size=''
audio=yes
listen=127.0.0.1:8080
while [ $# -gt 0 ]; do
    case $1 in
        --device) wants_value "$1" $#; device=$2; shift 2 ;;
        --size) wants_value "$1" $#; size=$2; shift 2 ;;
        --no-audio) audio=no; shift ;;
        --listen) wants_value "$1" $#; listen=$2; shift 2 ;;
        -h | --help) show_help; exit 0 ;;
        *) die "unknown argument '$1'; see --help" ;;
    esac
done
location=$(location_of "$listen")
case $size in
    '') limit= ;;
    [0-9]*x[0-9]*) limit=,width=${size%x*},height=${size#*x} ;;
    *) die "--size takes WIDTHxHEIGHT, not '$size'" ;;
esac

[ -n "$device" ] || device=$(first_camera)
if [ -z "$device" ] || ! is_camera "$device"; then
    show_devices
    die "${device:-no device} is no camera; connect one, or name one with --device"
fi
need_plugin

set -- v4l2src "device=$device" ! "video/x-raw$limit;image/jpeg$limit" ! decodebin ! queue ! sink.
if [ "$audio" = yes ]; then
    source=$(microphone)
    if [ -n "$source" ]; then
        set -- "$@" "$source" ! audioconvert ! audioresample ! queue ! sink.
    else
        note "No microphone found: picture only."
    fi
fi
publish gst-launch-1.0 -m webcastsink name=sink "location=$location" "$@"
