#!/bin/sh
# Measures what the project promises, beside others where there are others to compare with.
#
# usage: sh tests/bench/run.sh [NAME…]
#   first-frame    opening the page to the first picture, in headless Chromium: 30 joins a round
#   latency        a clock burnt into the picture, read back in the page; with the default
#                  playout delay and with playout-delay=0
#   viewers        the sender's CPU, threads and memory for each further viewer, and what its
#                  encoder costs with few and with many; the peer is Janus' streaming plugin
#   relay          what 5,000 idle peers and 1,000 messages/s cost webcast-relay
#   relay-restart  how soon 5 publishers and 5 pages are back at a relay that was killed
#   --help         this text
# No name: all of them, about 20 minutes.
#
# On a fresh Debian 12 it installs what is missing (as root or with sudo) and builds first. The
# build is in build/bench/build, results in build/bench/NAME.json, logs in build/bench/logs.
#
# A result is a list of rounds: ours and the peer in turns (A B A B), the first round thrown away,
# then the medians. Other work on the machine shows up in the figures: let it be idle.
# docs/benchmarks.md says how each one is measured.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/pipelines/lib.sh"

output=${WEBCAST_BENCH_OUTPUT:-$root/build/bench}
build=${WEBCAST_BENCH_BUILD:-$output/build}

names=''
for argument in "$@"; do
    case $argument in
        first-frame | latency | viewers | relay | relay-restart) names="$names $argument" ;;
        -h | --help) show_help; exit 0 ;;
        *) die "unknown benchmark '$argument'; see --help" ;;
    esac
done
names=${names:- first-frame latency viewers relay relay-restart}

install_packages build run test browser bench
setup_build -Dbenchmarks=true -Dtests=true
ninja -C "$build" plugins/libgstwebcast.so tests/bench/swarm/webcast-swarm \
    tests/bench/sender/webcast-bench-sender signaling/webcast-relay || die "the build failed"

case $names in
    *first-frame* | *latency* | *relay-restart*)
        # puppeteer-core of the browser tests; it drives the installed Chromium and brings none.
        modules=$root/tests/browser/node_modules
        if ! [ -f "$modules/.package-lock.json" ] ||
            [ -n "$(find "$root/tests/browser/package-lock.json" -newer "$modules/.package-lock.json")" ]; then
            npm ci --no-audit --no-fund --prefix "$root/tests/browser" ||
                die "npm ci failed in tests/browser"
        fi
        ;;
esac

status=0
for name in $names; do
    printf '\n== %s\n' "$name"
    program=$(printf '%s' "$name" | tr - _)
    # An hour is far beyond what any of them takes.
    PYTHONPATH="$root/tests/bench" PYTHONDONTWRITEBYTECODE=1 \
        timeout 3600 python3 "$root/tests/bench/$program.py" "$build" "$output" || status=1
done
exit $status
