"""Prints which share of each room's lines the tests of a build ran.

usage: coverage.py SOURCES BUILD     BUILD: configured with b_coverage, its tests done
"""
import collections
import json
import pathlib
import subprocess
import sys


def room_of(path):
    """plugins/media/track.cpp is of plugins/media, common/ref.hpp of common."""
    return str(pathlib.PurePosixPath(path).parent)


def measured(sources, build):
    done = subprocess.run(
        ["gcovr", "--root", sources, "--object-directory", build, "--json-summary", "-", "-j", "2",
         "--gcov-ignore-parse-errors", "--filter", f"{sources}/(common|signaling|plugins)/", build],
        check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["files"]


def main(sources, build):
    lines = collections.defaultdict(lambda: [0, 0])
    for file in measured(sources, build):
        for name in (room_of(file["filename"]), "all rooms"):
            lines[name][0] += file["line_covered"]
            lines[name][1] += file["line_total"]
    for name, (covered, total) in sorted(lines.items(), key=lambda room: (room[0] == "all rooms", room)):
        print(f"lines run: {100 * covered / max(total, 1):5.1f} % of {total:5d}  {name}")
    return 0 if lines else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
