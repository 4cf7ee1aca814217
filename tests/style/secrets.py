"""What may be foretold must be no secret: generators other than the kernel's stand in the product
only where this list and a comment say why that does no harm (common/random_id.hpp has ids)."""
import re
import sys

import tree

PREDICTABLE = re.compile(
    r"\b(?:g_uuid_string_random|g_rand(?:om)?_\w+|s?rand(?:om)?(?:_r)?\s*\(|[dejlmn]rand48"
    r"|random_device|mt19937(?:_64)?|minstd_rand0?|default_random_engine|random_shuffle"
    r"|rand\b(?=\s*\())")
# The mark that has to stand within the two lines above a use, or beside it.
MARK = "no secret"
# File, function, why.
NO_SECRETS = [
    ("common/backoff.hpp", "g_random_double", "when to try again"),
    ("plugins/media/media_rendition.cpp", "g_random_int", "where RTP's numbers start"),
    ("plugins/media/codecs/payload.cpp", "g_random_int", "an SSRC, which stands in each packet"),
    ("plugins/sdp/sdp_write.cpp", "g_random_int", "an origin's id, which the peer is told"),
    ("pipelines/custom_signaler.cpp", "g_uuid_string_random", "a key within the program"),
]
PRODUCT = ("common/", "plugins/", "signaling/", "pipelines/")


def uses(code):
    """Line number and name of each use that is not in a comment; whether it is marked."""
    lines = code.splitlines()
    for number, line in enumerate(lines, 1):
        for match in PREDICTABLE.finditer(line.split("//")[0]):
            near = " ".join(lines[max(0, number - 3):number]).lower()
            yield number, match.group().rstrip("( "), MARK in near


def problems():
    allowed = {(path, name) for path, name, _ in NO_SECRETS}
    seen = set()
    for path in map(str, tree.files(*tree.CPP)):
        if not path.startswith(PRODUCT):
            continue
        for number, name, marked in uses(tree.text(path)):
            seen.add((path, name))
            if (path, name) not in allowed:
                yield f"{path}:{number}: {name} can be foretold: use common/random_id.hpp"
            elif not marked:
                yield f"{path}:{number}: {name}: a comment above has to say that it is {MARK}"
    for path, name in sorted(allowed - seen):
        yield f"tests/style/secrets.py: {path} has no {name} any more"


def self_check():
    """The check has to see what it is there for."""
    bad = ["g_uuid_string_random()", "g_random_int_range(0, 9)", "g_rand_int(r)", "rand()",
           "std::rand()", "srand(1)", "std::random_device d;", "std::mt19937 twister(1);"]
    good = ["getrandom(bytes, 16, 0)", "unguessable_id()", "// rand() would be foretold",
            "operand(1)"]
    for line in bad:
        if not list(uses(line)):
            yield f"tests/style/secrets.py: does not see {line}"
    for line in good:
        if list(uses(line)):
            yield f"tests/style/secrets.py: objects to {line}"


if __name__ == "__main__":
    sys.exit(tree.finish(list(self_check()) + list(problems())))
