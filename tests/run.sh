#!/bin/sh
# Runs the tests. On a fresh Debian 12 it installs what is missing (as root or with sudo) and
# builds first; it asks nothing, and where all is there it starts at once.
#
# usage: sh tests/run.sh [--sanitize | --tsan | --coverage] [SUITE…]
#   SUITE       unit, fuzz, element, integration, style or browser; default: all of them, or what
#               each of these can run
#   --sanitize  unit to integration, in build-asan/, with AddressSanitizer and UBSan
#   --tsan      the unit tests of what has threads of its own and locks that are not GLib's, in
#               build-tsan/, with ThreadSanitizer; none where the machine cannot run it
#   --coverage  unit by default, in build-coverage/; prints which share of each room's lines they run
#   --help      this text
# The build is in build/, or where WEBCAST_BUILD says. Ends with a line "N passed, N failed"
# (single test cases, not files); the status is 0 only when nothing failed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/pipelines/lib.sh"

suites=''
kind=plain
for argument in "$@"; do
    case $argument in
        unit | fuzz | element | integration | style | browser) suites="$suites $argument" ;;
        --sanitize | --tsan | --coverage) kind=${argument#--} ;;
        -h | --help) show_help; exit 0 ;;
        *) die "unknown suite '$argument'; see --help" ;;
    esac
done
set -- # from here on: options of `meson setup`, then of `meson test`
# -O1 and lines without variables: half the time to build, and as good a stack.
case $kind in
    sanitize)
        build=${WEBCAST_BUILD:-$root/build-asan}
        suites=${suites:- unit fuzz element integration}
        set -- -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 -Dcpp_args=-g1
        ;;
    tsan)
        build=${WEBCAST_BUILD:-$root/build-tsan}
        suites=' threads'
        set -- -Db_sanitize=thread -Db_lundef=false -Doptimization=1 -Dcpp_args=-g1
        ;;
    coverage)
        build=${WEBCAST_BUILD:-$root/build-coverage}
        suites=${suites:- unit}
        set -- -Db_coverage=true -Doptimization=0 "-Dcpp_args=-g1 -fprofile-update=atomic"
        ;;
esac
suites=${suites:- unit fuzz element integration style browser}
case $suites in *' browser'*) browser=yes ;; *) browser=no ;; esac
suites=$(printf '%s' "$suites" | sed 's/ browser//g; s/ / --suite /g')

fixed=''
# Whether a program that does nothing runs with ThreadSanitizer, each time: where the kernel places
# it is chance.
runs_with_tsan() {
    trial=$(mktemp -d)
    trial_status=0
    echo 'int main() {}' >"$trial/trial.cpp"
    "${CXX:-c++}" -fsanitize=thread -o "$trial/trial" "$trial/trial.cpp" ||
        die "the compiler builds nothing with ThreadSanitizer"
    for _ in 1 2 3 4 5; do
        # shellcheck disable=SC2086 # a list of words
        $fixed "$trial/trial" 2>/dev/null || trial_status=1
    done
    rm -rf "$trial"
    return $trial_status
}

if [ "$browser" = yes ]; then
    install_packages build run test browser
elif [ "$kind" = coverage ]; then
    install_packages build run test coverage
else
    install_packages build run test
fi
if [ "$kind" = tsan ]; then
    # Its shadow memory wants addresses that a kernel may give to something else.
    if setarch -R true 2>/dev/null; then fixed='setarch -R'; fi
    if ! runs_with_tsan; then
        printf 'ThreadSanitizer cannot run on this machine.\n0 passed, 0 failed\n'
        exit 0
    fi
fi
# What a sanitizer makes is large: Debian's own linker takes three times as long for it.
if [ "$kind" != plain ] && command -v mold >/dev/null; then export CC_LD=mold CXX_LD=mold; fi
# pipelines/demo.sh sets a build up without the tests.
setup_build -Dtests=true "$@"
rebuild=--no-rebuild
case $kind in
    tsan | coverage) rebuild='' ;; # Meson builds what these tests need
    *) ninja -C "$build" || die "the build failed" ;;
esac

passed=0
failed=0
# count PASSED FAILED STATUS: a runner that failed as a whole counts as a failure at least.
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    if [ "$3" -ne 0 ] && [ "$2" -eq 0 ]; then failed=$((failed + 1)); fi
}

# look_for_secrets FILE: one more case, about what the tests printed.
look_for_secrets() {
    if sh "$root/tests/support/secrets.sh" "$1"; then count 1 0 0; else count 0 1 0; fi
}

if [ -n "$suites" ]; then
    # A program that dies leaves no report: an old one must not count for it.
    report=$build/meson-logs/testlog.json
    set --
    if [ "$kind" = sanitize ]; then
        report=$build/meson-logs/testlog-sh.json # Meson's own name where a wrapper is used
        set -- --timeout-multiplier 3 --wrapper "sh '$root/tests/support/sanitized.sh'"
        # The registry, made once: a scan loads every plugin there is, with all that they leak.
        ASAN_OPTIONS=detect_leaks=0 GST_PLUGIN_PATH=$build/plugins \
            GST_REGISTRY=$build/tests/registry.bin sh "$root/tests/support/sanitized.sh" \
            gst-inspect-1.0 webcastsink >/dev/null || die "the plugin does not load"
    elif [ "$kind" = tsan ]; then
        set -- --timeout-multiplier 5
    elif [ "$kind" = coverage ]; then
        set -- --timeout-multiplier 3
        find "$build" -name '*.gcda' -delete # of an earlier run
    fi
    rm -f "$report" "$build"/*.xml
    status=0
    # shellcheck disable=SC2086 # lists of words
    $fixed meson test -C "$build" $rebuild --print-errorlogs "$@" $suites || status=$?
    # shellcheck disable=SC2046 # two numbers
    count $(python3 "$root/tests/support/count_results.py" "$report") "$status"
    look_for_secrets "${report%.json}.txt"
fi

if [ "$browser" = yes ]; then
    cd "$root/tests/browser"
    if ! [ -f node_modules/.package-lock.json ] ||
        [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
        npm ci --no-audit --no-fund || die "npm ci failed in tests/browser"
    fi
    report=$build/meson-logs/browser.tap
    status=0
    WEBCAST_BUILD=$build node --test --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$report" || status=$?
    # shellcheck disable=SC2046 # two numbers
    count $(awk '/^# pass /{ pass = $3 } /^# (fail|cancelled) /{ fail += $3 }
                 END { print pass + 0, fail + 0 }' "$report") "$status"
    look_for_secrets "$report"
fi

if [ "$kind" = coverage ]; then
    python3 "$root/tests/support/coverage.py" "$root" "$build" || die "gcovr cannot read what was counted"
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
