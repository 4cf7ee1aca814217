#!/bin/sh
# Besieges a stream: publisher, two relays on one Redis, a TURN server, and viewers that join and
# leave, are stopped (SIGSTOP) and killed, as all the others are but the publisher, in a random order
# that the seed decides. Prints threads, descriptors, memory and lost frames over time; ends all that
# it started. Fails when the publisher ends, the honest viewer loses a frame or gets none, the
# publisher's memory, at rest, has grown in the second half, or threads and descriptors are not given
# back.
#
# usage: sh tests/siege.sh MINUTES [SEED]
#   SEED    a number; without it a new one, which is printed
#   --help  this text
# The build is in build/, or where WEBCAST_BUILD says.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/pipelines/lib.sh"

case ${1:-} in -h | --help) show_help; exit 0 ;; esac
for number in "$@"; do
    case $number in *[!0-9]* | '') die "'$number' is no number; see --help" ;; esac
done
case $# in 1 | 2) ;; *) die "how many minutes? See --help" ;; esac
install_packages build run test
[ -f "$build/tests/bench/swarm/webcast-swarm" ] || setup_build -Dtests=true
ninja -C "$build" plugins/libgstwebcast.so signaling/webcast-relay \
    tests/bench/swarm/webcast-swarm tests/support/webcast-test-viewer >&2 || die "the build failed"
python=python3
if [ -x /usr/bin/python3 ]; then python=/usr/bin/python3; fi
WEBCAST_BUILD=$build GST_PLUGIN_PATH=$build/plugins exec "$python" "$root/tests/bench/siege.py" "$@"
