"""Files have under 400 lines and functions under 60 (class_init aside)."""
import ast
import re
import sys

import tree

FILE_LIMIT = 400
FUNCTION_LIMIT = 60
SOURCES = tree.CPP | {".py", ".sh", ".js", ".mjs", ".css", ".html"}
# What stands before the brace of a function's body: a parameter list and what may follow it.
FUNCTION_HEAD = re.compile(
    r'([A-Za-z_~][\w:~]*|operator\S+)\s*\([^{}]*\)\s*'
    r'(const|noexcept|override|final|mutable|->[^{}()]*|:[^{}]*(\{[^{}]*\}[^{}]*)*)*\s*$')
CONTROL = {"if", "for", "while", "switch", "catch", "return"}


def blank(match):
    """Keeps the lines of what is taken out."""
    return re.sub(r"[^\n]", " ", match.group())


def cpp_functions(code):
    """(name, first line, length) of each function that is not inside of another one."""
    code = tree.DIRECTIVE.sub(blank, tree.NO_CODE.sub(blank, code))
    depth, function, head = 0, None, 0
    for position, character in enumerate(code):
        if character == "{":
            before = code[head:position]
            match = None if function else FUNCTION_HEAD.search(before)
            if match and match.group(1) not in CONTROL and "=" not in before.split("(")[0]:
                function = (match.group(1), code.count("\n", 0, head + match.start()) + 1, depth)
            depth += 1
            head = position + 1
        elif character == "}":
            depth -= 1
            head = position + 1
            if function and depth == function[2]:
                yield function[0], function[1], code.count("\n", 0, position) + 2 - function[1]
                function = None
        elif character == ";" and not function:
            head = position + 1


def python_functions(code):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def problems():
    for path in tree.files(*SOURCES):
        code = tree.text(path)
        lines = code.count("\n")
        if lines >= FILE_LIMIT:
            yield f"{path}: {lines} lines; {FILE_LIMIT} are too many"
        if path.suffix in tree.CPP:
            functions = cpp_functions(code)
        elif path.suffix == ".py":
            functions = python_functions(code)
        else:
            continue
        for name, line, length in functions:
            if length >= FUNCTION_LIMIT and not name.endswith("class_init"):
                yield f"{path}:{line}: {name} has {length} lines; {FUNCTION_LIMIT} are too many"


if __name__ == "__main__":
    sys.exit(tree.finish(list(problems())))
