"""A page of the sender in headless Chromium: node runs it and prints what it saw."""
import shutil
from pathlib import Path

from harness.processes import BenchError, Child

_SCRIPTS = Path(__file__).parent.parent / "browser"


def browse(script, event, logs, seconds, *arguments):
    """Runs browser/SCRIPT with these arguments and returns its event."""
    node = shutil.which("node")
    if not node:
        raise BenchError("node is not installed: apt-get install nodejs")
    with Child([node, _SCRIPTS / script, *arguments], logs / "browser.log") as child:
        return child.wait_event(event, seconds)
