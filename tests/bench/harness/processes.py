"""Child processes of a benchmark: they end with it, and /proc tells what they cost."""
import ctypes
import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """What went wrong, as a sentence for the person at the terminal."""


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """A process whose standard output is lines of JSON, or whose output nobody reads."""

    def __init__(self, command, log, events=True, env=None):
        self.name = Path(command[0]).name
        self.log = Path(log)
        with open(self.log, "ab") as log_file:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if events else log_file, stderr=log_file,
                env={**os.environ, **(env or {})}, preexec_fn=_die_with_parent)
        self._unread = b""
        if events:
            os.set_blocking(self.process.stdout.fileno(), False)

    @property
    def pid(self):
        return self.process.pid

    def next_event(self, deadline):
        """The next line of JSON before `deadline` (time.monotonic())."""
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0:
                raise BenchError(f"{self.name} said nothing in time; see {self.log}")
            if not select.select([self.process.stdout], [], [], left)[0]:
                continue
            data = self.process.stdout.read()
            if not data:
                raise BenchError(f"{self.name} ended too early; see {self.log}")
            self._unread += data
        line, self._unread = self._unread.split(b"\n", 1)
        try:
            return json.loads(line)
        except ValueError:
            return {"event": "text", "text": line.decode(errors="replace")}

    def wait_event(self, name, seconds):
        deadline = time.monotonic() + seconds
        while True:
            event = self.next_event(deadline)
            if event.get("event") == name:
                return event

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=10):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def cpu_seconds(self):
        """utime + stime of the whole process."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def thread_seconds(self):
        """{thread id: (name, CPU seconds)} of the threads alive now."""
        times = {}
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                name = (task / "comm").read_text().strip()
                times[int(task.name)] = (name, int((task / "schedstat").read_text().split()[0]) / 1e9)
            except (OSError, IndexError):
                continue  # it ended meanwhile
        return times

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def memory_bytes(self):
        """Resident memory."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise BenchError(f"{self.name} has no memory any more")
