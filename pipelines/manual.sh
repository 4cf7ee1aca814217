#!/bin/sh
# Publishes without any server: prints an offer and reads the viewer's answer, both carried by
# hand, by mail or chat. The viewer opens /manual at any listener or webcast-relay, its own too.
#
# usage: sh pipelines/manual.sh [--receive] [--stun-server stun://HOST:PORT] [PIPELINE]
#   PIPELINE        one argument, as for gst-launch-1.0; its branches end in "! sink.", or begin
#                   with from.video_0 and from.audio_0; default: a test picture with sound, or
#                   what is received on screen and speakers
#   --receive       the other way: reads an offer (a webcastsink's), prints the answer
#   --stun-server   finds this machine's address behind a NAT
#   --help          this text
# The description goes to standard output, all else to standard error; what is read ends with an
# empty line or with the input. Ctrl-C ends it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/pipelines/lib.sh"

receive=''
stun=''
pipeline=''
while [ $# -gt 0 ]; do
    case $1 in
        --receive) receive=yes; shift ;;
        --stun-server) wants_value "$1" $#; stun=$2; shift 2 ;;
        -h | --help) show_help; exit 0 ;;
        -*) die "unknown argument '$1'; see --help" ;;
        *) [ -z "$pipeline" ] || die "one PIPELINE, in quotes; '$1' is a second one"
           pipeline=$1; shift ;;
    esac
done
need_plugin
set --
[ -z "$receive" ] || set -- --receive
[ -z "$stun" ] || set -- "$@" "--stun-server=$stun"
[ -z "$pipeline" ] || set -- "$@" "$pipeline"
exec /usr/bin/python3 "$root/pipelines/manual.py" "$@"
