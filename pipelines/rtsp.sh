#!/bin/sh
# Publishes an RTSP stream, for example of a network camera. H.264 and Opus go out as they come;
# other formats are decoded and encoded. When the camera goes away it is tried again.
#
# usage: sh pipelines/rtsp.sh [--once] [--listen ADDRESS] rtsp://[USER:PASSWORD@]HOST[:PORT]/PATH
#   --once            end when the camera's stream ends
#   --listen ADDRESS  HOST:PORT, :PORT (every network address) or PORT; default 127.0.0.1:8080;
#                     port 0 takes a free one
#   --help            this text
# Ctrl-C ends it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/pipelines/lib.sh"

url=''
once=no
listen=127.0.0.1:8080
while [ $# -gt 0 ]; do
    case $1 in
        --once) once=yes; shift ;;
        --listen) wants_value "$1" $#; listen=$2; shift 2 ;;
        -h | --help) show_help; exit 0 ;;
        -*) die "unknown argument '$1'; see --help" ;;
        *) [ -z "$url" ] || die "one address, please: '$url' or '$1'?"; url=$1; shift ;;
    esac
done
case $url in
    rtsp://?* | rtsps://?* | rtspt://?* | rtspu://?*) ;;
    '') die "which camera? See --help" ;;
    *) die "'$url' is no RTSP address; they look like rtsp://192.0.2.7:554/stream1" ;;
esac
location=$(location_of "$listen")
need_plugin

pause=1
while :; do
    started=$(date +%s)
    status=0
    publish "$build/pipelines/publish-uri" --location "$location" "$url" || status=$?
    if [ "$stopped" = yes ] || [ "$once" = yes ]; then exit "$status"; fi
    [ $(($(date +%s) - started)) -lt 60 ] || pause=1
    note "Trying again in $pause s"
    sleep "$pause" || exit 0
    pause=$((pause < 8 ? pause * 2 : 10))
done
