"""A page of the sender in headless Chromium: node runs it and prints what it saw."""
import shutil
from pathlib import Path

from harness.processes import BenchError, Child

_SCRIPTS = Path(__file__).parent.parent / "browser"


def browsing(script, logs, *arguments):
    """browser/SCRIPT with these arguments, running."""
    node = shutil.which("node")
    if not node:
        raise BenchError("node is not installed: apt-get install nodejs")
    return Child([node, _SCRIPTS / script, *arguments], logs / "browser.log")


def browse(script, event, logs, seconds, *arguments):
    """Runs browser/SCRIPT with these arguments and returns its event."""
    with browsing(script, logs, *arguments) as child:
        return child.wait_event(event, seconds)
