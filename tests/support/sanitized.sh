#!/bin/sh
# sanitized.sh COMMAND…: runs a test of a build with sanitizers, and whatever it starts.
#
# A test program has the sanitizers' runtime in itself. gst-launch-1.0, which loads our plugin,
# has not, and the runtime must come first in a process: it is preloaded. So is libstdc++: the
# runtime looks for __cxa_throw when it starts, and a program in C loads C++ libraries later.
here=$(cd "$(dirname "$0")" && pwd)

# detect_odr_violation: a test program and the plugin it loads contain the same static libraries.
# fast_unwind_on_malloc: Debian's libraries have no frame pointers; without whole stacks the
# suppressions could not tell their leaks from ours.
options="detect_odr_violation=0:detect_stack_use_after_return=1:strict_string_checks=1"
options="$options:fast_unwind_on_malloc=0:malloc_context_size=14"
# intercept_tls_get_addr: GCC 12 takes a library's thread-local block that starts 16 bytes into a
# page for one of glibc <= 2.24 and reads its bounds from what is the allocator's header there: the
# search for leaks then walks through memory that is none. The blocks are found without it too.
# asan/PROGRAM.options: GStreamer's tools and Python are not ours to judge for leaks; nor is what
# json-glib 1.6.6 leaks of an array whose text turns out wrong, which two fuzzers make many of.
options="$options:intercept_tls_get_addr=0:include_if_exists=$here/asan/%b.options"
export ASAN_OPTIONS="$options:$ASAN_OPTIONS"
export LSAN_OPTIONS="suppressions=$here/lsan.supp:print_suppressions=0"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
# GLib's own allocator would hide from the sanitizer what it hands out.
export G_SLICE=always-malloc G_DEBUG=gc-friendly
LD_PRELOAD="$(cc -print-file-name=libasan.so) $(cc -print-file-name=libstdc++.so)" exec "$@"
