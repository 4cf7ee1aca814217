#!/bin/sh
# Shows gst-webcast at work: publishes a moving test picture with a clock and a ticking sound.
# On a fresh Debian 12 it installs what is missing (as root or with sudo) and builds it first.
#
# usage: sh pipelines/demo.sh [--listen ADDRESS] [--codec NAME]
#   --listen ADDRESS  HOST:PORT, :PORT (every network address) or PORT; default 127.0.0.1:8080;
#                     port 0 takes a free one
#   --codec NAME      H264, VP8 or VP9 only; default: what each browser likes best
#   --help            this text
# Ctrl-C ends it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/pipelines/lib.sh"

listen=127.0.0.1:8080
codecs=''
while [ $# -gt 0 ]; do
    case $1 in
        --listen) wants_value "$1" $#; listen=$2; shift 2 ;;
        --codec) wants_value "$1" $#; codecs=video-codecs=$2; shift 2 ;;
        -h | --help) show_help; exit 0 ;;
        *) die "unknown argument '$1'; see --help" ;;
    esac
done
location=$(location_of "$listen")

install_packages build run
# The tests need more packages; tests/run.sh turns them on.
[ -f "$build/build.ninja" ] || setup_build -Dtests=false
build_plugin
use_plugin

# Colour bars with the time above a ball that goes round once a second; a tick each second.
# shellcheck disable=SC2086 # no argument at all without --codec
publish gst-launch-1.0 -m webcastsink name=sink "location=$location" $codecs \
    compositor name=picture sink_1::ypos=480 \
    ! video/x-raw,format=I420,width=1280,height=720 \
    ! clockoverlay time-format=%H:%M:%S "font-desc=Sans Bold 44" \
    halignment=center valignment=position ypos=0.36 \
    ! queue ! sink. \
    videotestsrc is-live=true pattern=smpte100 \
    ! video/x-raw,width=1280,height=480,framerate=30/1 ! picture. \
    videotestsrc is-live=true pattern=ball motion=sweep \
    ! video/x-raw,width=1280,height=240,framerate=30/1 ! picture. \
    audiotestsrc is-live=true wave=ticks volume=0.3 \
    ! audio/x-raw,rate=48000,channels=2 ! queue ! sink.
