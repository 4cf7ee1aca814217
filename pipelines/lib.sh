# What the scripts of pipelines/ and tests/run.sh share. Sourced, never run:
#     root=$(cd "$(dirname "$0")/.." && pwd); . "$root/pipelines/lib.sh"
# POSIX sh. Functions only; `root` is the repository.
# shellcheck shell=sh disable=SC2034 # publish() sets `stopped` for its caller

build=${WEBCAST_BUILD:-$root/build}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

note() {
    printf '%s\n' "$*" >&2
}

# Prints the comment at the head of the script: each script's help is there and only there.
show_help() {
    sed -n '2,/^[^#]/{ s/^# \{0,1\}//p; }' "$0"
}

# wants_value OPTION COUNT: an option's value is there ("$#" counts the option too).
wants_value() {
    [ "$2" -ge 2 ] || die "$1 needs a value; see --help"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        die "installing packages takes root: run this once as root, or install sudo"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# packages_of GROUP…: the names from packages.txt, but for programs that are there already.
packages_of() {
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' "$root/pipelines/packages.txt"
    done | while read -r package; do
        case $package in
            # Not from Debian on many machines, and Debian's would replace them.
            nodejs) command -v node >/dev/null || echo "$package" ;;
            npm) command -v npm >/dev/null || echo "$package" ;;
            *) echo "$package" ;;
        esac
    done
}

missing_packages() {
    for package in $(packages_of "$@"); do
        # shellcheck disable=SC2016 # dpkg's own variable
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            echo "$package"
    done
}

# install_packages GROUP…: quick when nothing is missing; asks nothing.
install_packages() {
    if ! command -v apt-get >/dev/null; then
        note "No apt-get here: taking it that these (Debian's names) are installed:"
        note "$(packages_of "$@" | tr '\n' ' ')"
        return
    fi
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    note "Installing: $missing"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 ||
        die "apt-get update failed"
    # shellcheck disable=SC2086 # a list of words
    # SYSTEMD_OFFLINE: no package (coturn's) starts a service now.
    as_root env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 apt-get install -q -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold $missing >&2 || die "apt-get install failed"
}

# setup_build [MESON-OPTION…]: build/ is configured, with these options.
setup_build() {
    if [ -f "$build/build.ninja" ]; then
        [ $# -eq 0 ] || meson configure "$build" "$@" >&2
    else
        meson setup "$build" "$root" "$@" >&2
    fi || die "meson could not configure $build"
}

# need_plugin: the element is there and found; built now if it is not.
need_plugin() {
    if ! [ -f "$build/plugins/libgstwebcast.so" ]; then
        install_packages build run
        # Tests need more packages; tests/run.sh turns them on.
        [ -f "$build/build.ninja" ] || setup_build -Dtests=false
        build_plugin
    fi
    use_plugin
}

# build_plugin: up to date with the sources; says something only when it goes wrong.
build_plugin() {
    log=$build/pipelines-build.log
    note "Building in $build"
    ninja -C "$build" plugins/libgstwebcast.so pipelines/publish-uri >"$log" 2>&1 || {
        cat "$log" >&2
        die "the build failed"
    }
}

use_plugin() {
    GST_PLUGIN_PATH=$build/plugins${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}
    export GST_PLUGIN_PATH
    # (Not --exists: that compares the plugin's version with GStreamer's own.)
    gst-inspect-1.0 webcastsink >/dev/null 2>&1 ||
        die "GStreamer does not load the plugin: gst-inspect-1.0 $build/plugins/libgstwebcast.so says why"
}

# location_of ADDRESS: HOST:PORT, :PORT or PORT as a location of webcastsink.
location_of() {
    case $1 in
        *://*) echo "$1" ;;
        *:*) echo "listen://$1" ;;
        *[!0-9]* | '') die "--listen takes HOST:PORT, :PORT or PORT, not '$1'" ;;
        *) echo "listen://127.0.0.1:$1" ;;
    esac
}

# An address that another machine can open in place of "all addresses" (0.0.0.0, [::]).
reachable_url() {
    case $1 in
        *://0.0.0.0:* | *://\[::\]:*)
            address=$(hostname -I 2>/dev/null | awk '{ print $1 }')
            case $address in *:*) address="[$address]" ;; esac
            printf '%s\n' "$1" | sed "s#://\(0\.0\.0\.0\|\[::\]\):#://${address:-127.0.0.1}:#"
            ;;
        *) printf '%s\n' "$1" ;;
    esac
}

announce() {
    url=$(reachable_url "$1")
    printf 'Watch at %s\n' "$url"
    case $url in
        *://127.* | *://localhost[:/]* | *://\[::1\]*) ;;
        *) if command -v qrencode >/dev/null; then qrencode -t ANSIUTF8 -m 1 "$url"; fi ;;
    esac
}

# publish COMMAND…: runs a program that prints its bus messages (gst-launch-1.0 -m), shows the
# address once it is known, who comes and goes, warnings and errors. Ctrl-C or SIGTERM ends both
# and sets `stopped`.
publish() {
    pipe=$(mktemp -u "${TMPDIR:-/tmp}/webcast.XXXXXX")
    mkfifo -m 600 "$pipe" || die "cannot make $pipe"
    # A session of its own: Ctrl-C must reach it once (through us), not twice.
    setsid "$@" >"$pipe" 2>&1 &
    child=$!
    stopped=no
    trap 'stopped=yes; kill -INT $child 2>/dev/null' INT TERM HUP
    told=''
    while read -r line; do
        case $line in
            *webcast-listening,*)
                # …GstStructure text: webcast-listening, url=(string)"http://…";
                announce "$(printf '%s\n' "$line" | sed 's/.*url=(string)"\{0,1\}\([^";]*\).*/\1/')"
                ;;
            *webcast-viewer-connected,* | *webcast-viewer-removed,*)
                printf '%s\n' "$line" | sed 's/.*webcast-\(viewer-[a-z]*\), */\1: /; s/([a-z0-9]*)//g; s/;$//'
                ;;
            'Got message'* | 'webcast-'* | 'Setting pipeline'* | 'Pipeline is'* | 'Redistribute'* | 'New clock'* | \
                'Progress:'* | 'handling interrupt'* | 'Interrupt:'* | 'Execution ended'* | \
                'Freeing'* | 'INFO:' | 'Watch at '* | 'Additional debug info:' | \
                *'element_error.cpp('* | '') ;;
            *)
                # gst-launch-1.0 tells a sentence twice, once as its debug detail.
                case $told in *"$line") continue ;; esac
                told=$line
                printf '%s\n' "$line" >&2
                ;;
        esac
    done <"$pipe"
    rm -f "$pipe"
    # A signal can end the first wait before the child is gone.
    status=0
    wait "$child" || status=$?
    while kill -0 "$child" 2>/dev/null; do wait "$child" || status=$?; done
    trap - INT TERM HUP
    [ "$status" -lt 128 ] || status=0
    return "$status"
}
