"""The project's own files, for the checks of this folder."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOREIGN = {".git", "node_modules", "__pycache__", "packagecache"}
CPP = {".cpp", ".hpp", ".c", ".h"}
# Comments and literals of C++; the quote in 60'000 begins no literal.
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
                     r"(?<!\w)'(?:\\.|[^'\\\n])+'", re.DOTALL)
# Of the preprocessor, in code without the above.
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


def is_foreign(path):
    """Of a build, a download, a checkout of another project."""
    return (path.name in FOREIGN or path.name.startswith("build")
            or path.parent == ROOT / "subprojects")


def files(*suffixes):
    """All files, or those with one of these suffixes; paths are relative to the root."""
    def walk(folder):
        for path in sorted(folder.iterdir()):
            if path.is_symlink() or path.name in FOREIGN:
                continue
            if path.is_dir():
                if not is_foreign(path):
                    yield from walk(path)
            elif not suffixes or path.suffix in suffixes:
                yield path.relative_to(ROOT)
    return walk(ROOT)


def text(path):
    """The text of a file; nothing for one that is no text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def finish(problems):
    """Says what is wrong; the exit status for the test."""
    for problem in problems:
        print(problem)
    return 1 if problems else 0
