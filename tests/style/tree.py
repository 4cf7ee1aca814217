"""The project's own files, for the checks of this folder."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOREIGN = {".git", "node_modules", "__pycache__", "packagecache"}
CPP = {".cpp", ".hpp", ".c", ".h"}


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
