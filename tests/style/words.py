"""What must not stand in a file: paths of somebody's machine, hosts of package registries."""
import re
import sys

import tree

FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:home|root|Users|work)/\w"),
    "the host of a package registry":
        re.compile(r"\b(?:registry|wrapdb|pypi|crates|deb|snapshot|proxy)\.[a-z0-9-]+\."
                   r"(?:org|com|io|net|dev)\b"),
}


def problems():
    for path in tree.files():
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for what, pattern in FORBIDDEN.items():
                match = pattern.search(line)
                if match:
                    yield f"{path}:{number}: {what}: {match.group()}"


if __name__ == "__main__":
    sys.exit(tree.finish(list(problems())))
