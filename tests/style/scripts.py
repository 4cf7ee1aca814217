"""Shell scripts are right as far as `sh -n` and shellcheck can tell; those of pipelines/ answer
--help, and fail with a sentence on an argument that they do not know."""
import shutil
import subprocess
import sys

import tree


def run(*command):
    return subprocess.run(command, cwd=tree.ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)


def problems():
    shellcheck = shutil.which("shellcheck")
    scripts = [str(path) for path in tree.files(".sh")] + [".ci/run"]
    for script in scripts:
        shell = "bash" if tree.text(script).startswith("#!/bin/bash") else "sh"
        checked = run(shell, "-n", script)
        if checked.returncode != 0:
            yield f"{script}: {checked.stderr}"
        elif shellcheck:
            checked = run(shellcheck, "--external-sources", script)
            if checked.returncode != 0:
                yield checked.stdout
    commands = [["sh", script] for script in scripts
                if script == "tests/run.sh" or script.startswith("pipelines/")
                and script != "pipelines/lib.sh"]
    commands += [[sys.executable, str(path)] for path in tree.files(".py")
                 if path.parts[0] == "pipelines" and "__main__" in tree.text(path)]
    for command in commands:
        helped = run(*command, "--help")
        if helped.returncode != 0 or "usage:" not in helped.stdout:
            yield f"{command[1]} --help: no usage; {helped.stderr}"
        if command[0] == "sh":
            refused = run(*command, "--no-such-option")
            if refused.returncode == 0 or "--no-such-option" not in refused.stderr:
                yield f"{command[1]}: takes an option that there is not"


if __name__ == "__main__":
    sys.exit(tree.finish(list(problems())))
