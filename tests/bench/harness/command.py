"""How run.sh calls a benchmark: NAME.py BUILD OUTPUT."""
import os
import signal
import sys
from pathlib import Path

from harness.processes import BenchError


def run(main):
    """Calls main(build, output), both Paths; errors become one sentence. SIGTERM ends the children too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if len(sys.argv) != 3:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} BUILD OUTPUT")
    try:
        main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
    except BenchError as error:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {error}")
