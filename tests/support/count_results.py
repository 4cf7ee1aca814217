"""Prints "PASSED FAILED" for Meson's testlog.json; names the skipped cases on stderr.

A GoogleTest program counts with its single cases, from the report that it wrote itself; one that
died or hung wrote none and counts as one failure, as does a program of another kind that failed.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def gtest_cases(name, build):
    """(passed, failed, names of skipped) of a finished GoogleTest program; None for others.

    Meson has each write its report to the build directory, under the test's name.
    """
    try:
        cases = list(ElementTree.parse(build / f"{name}.xml").iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return None
    failed = sum(case.find("failure") is not None for case in cases)
    skipped = [f"{case.get('classname')}.{case.get('name')}" for case in cases
               if case.find("skipped") is not None or case.get("result") == "skipped"]
    return len(cases) - failed - len(skipped), failed, skipped


def count(lines, build):
    passed = failed = 0
    skipped = []
    for line in lines:
        test = json.loads(line)
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        cases = gtest_cases(test["name"].split(" / ")[-1], build)
        if test["result"] == "SKIP":
            skipped.append(test["name"])
        elif cases:
            passed += cases[0]
            failed += cases[1] if good else max(cases[1], 1)
            skipped += cases[2]
        else:
            passed += good
            failed += not good
    return passed, failed, skipped


def main(path):
    try:
        with open(path, encoding="utf-8") as log:
            passed, failed, skipped = count(log, pathlib.Path(path).resolve().parents[1])
    except OSError as error:
        print(error, file=sys.stderr)
        passed, failed, skipped = 0, 1, []
    for name in skipped:
        print("skipped:", name, file=sys.stderr)
    print(passed, failed)


if __name__ == "__main__":
    main(sys.argv[1])
