#!/bin/sh
# Publishes a file, again and again without a gap. H.264, VP8, VP9 and Opus go out as they are
# in the file; anything else is decoded and encoded for live viewing.
#
# usage: sh pipelines/file.sh [--once] [--listen ADDRESS] FILE
#   --once            end with the file
#   --listen ADDRESS  HOST:PORT, :PORT (every network address) or PORT; default 127.0.0.1:8080;
#                     port 0 takes a free one
#   --help            this text
# Ctrl-C ends it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/pipelines/lib.sh"

file=''
loop=--loop
listen=127.0.0.1:8080
while [ $# -gt 0 ]; do
    case $1 in
        --once) loop=; shift ;;
        --listen) wants_value "$1" $#; listen=$2; shift 2 ;;
        -h | --help) show_help; exit 0 ;;
        --) shift; break ;;
        -*) die "unknown argument '$1'; see --help" ;;
        *) [ -z "$file" ] || die "one file, please: '$file' or '$1'?"; file=$1; shift ;;
    esac
done
[ -n "$file" ] || file=${1:-}
[ -n "$file" ] || die "which file? See --help"
[ -e "$file" ] || die "$file: no such file"
[ -f "$file" ] || die "$file: not a file"
[ -r "$file" ] || die "$file: no permission to read it"
location=$(location_of "$listen")
need_plugin

# shellcheck disable=SC2086 # no argument at all with --once
publish "$build/pipelines/publish-uri" $loop --location "$location" "$file"
