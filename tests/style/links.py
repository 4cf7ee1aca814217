"""Every link of the documents to a file of this tree leads somewhere, and so does every path of a
script that a document names."""
import re
import sys

import tree

LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
PATH = re.compile(r"(?<![\w/])((?:pipelines|tests|\.ci|docs|subprojects)/[\w./-]*\w)")


def problems():
    for path in tree.files(".md"):
        text = tree.text(path)
        folder = tree.ROOT / path.parent
        for target in LINK.findall(text):
            if not (folder / target).exists():
                yield f"{path}: the link to {target} leads nowhere"
        for target in PATH.findall(text):
            if not (tree.ROOT / target).exists() and not list(tree.ROOT.glob(target + "*")):
                yield f"{path}: there is no {target}"


if __name__ == "__main__":
    sys.exit(tree.finish(sorted(set(problems()))))
