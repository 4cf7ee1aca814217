"""What tests/siege.sh runs, once all is built.

usage: siege.py MINUTES [SEED]
"""
import contextlib
import json
import os
import pathlib
import queue
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

BUILD = pathlib.Path(os.environ["WEBCAST_BUILD"])
RELAY = BUILD / "signaling" / "webcast-relay"
SWARM = BUILD / "tests" / "bench" / "swarm" / "webcast-swarm"
VIEWER = BUILD / "tests" / "support" / "webcast-test-viewer"
PATIENCE = 30  # seconds, for what starts
REPORT = 10  # seconds between lines
MOST_VIEWERS = 8
MOST_LINES = 200  # kept of what a program says
SETTLE = 90  # seconds until all must be given back; a stopped viewer's session has timeouts to pass
MOST_GROWTH = 1.1  # of the publisher's memory at rest, by the second half of a siege


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Program:
    """One that was started here, in a session of its own, and ends with this."""

    def __init__(self, *command):
        self.command = [str(word) for word in command]
        self.stopped_until = 0
        self.start()

    def start(self):
        self.lines = queue.Queue()
        # One heap, whose free end goes back at once: what is resident is what is in use.
        tidy = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={**os.environ, **tidy},
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
        threading.Thread(target=self.read, args=(self.process, self.lines), daemon=True).start()

    @staticmethod
    def read(process, lines):
        for line in process.stdout:
            if lines.qsize() >= MOST_LINES:
                with contextlib.suppress(queue.Empty):
                    lines.get_nowait()
            lines.put(line)
        lines.put(None)

    def wait_for(self, text):
        while (line := self.lines.get(timeout=PATIENCE)) is not None:
            if text in line:
                return line
        raise RuntimeError(f"{self.command[0]} never said '{text}'")

    def runs(self):
        return self.process.poll() is None

    def send(self, number):
        if self.runs():
            self.process.send_signal(number)

    def stop_for(self, seconds):
        self.stopped_until = time.monotonic() + seconds
        self.send(signal.SIGSTOP)

    def go_on(self, now):
        if self.stopped_until and now >= self.stopped_until:
            self.stopped_until = 0
            self.send(signal.SIGCONT)

    def end(self, number=signal.SIGKILL):
        self.stopped_until = 0
        self.send(signal.SIGCONT)
        self.send(number)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def census(self):
        """Threads, descriptors, MiB resident."""
        folder = pathlib.Path("/proc") / str(self.process.pid)
        try:
            status = (folder / "status").read_text(encoding="ascii", errors="replace")
            return (int(re.search(r"Threads:\s+(\d+)", status).group(1)),
                    len(os.listdir(folder / "fd")),
                    int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) // 1024)
        except (OSError, AttributeError):
            return (0, 0, 0)


class Siege:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.began = time.monotonic()
        self.all, self.viewers, self.deeds = [], [], 0
        self.problems = []
        self.frames = 0

    def run_program(self, *command):
        program = Program(*command)
        self.all.append(program)
        return program

    def start(self):
        redis, turn = free_port(), free_port()
        self.redis = self.run_program("redis-server", "--port", redis, "--bind", "127.0.0.1",
                                      "--save", "", "--appendonly", "no")
        self.redis.wait_for("Ready to accept")
        self.turn = self.run_program(
            "turnserver", "-n", "--log-file=stdout", "--no-tls", "--no-dtls", "--no-cli",
            "--realm=siege", "--lt-cred-mech", "--user=siege:of-troy", "--listening-ip=127.0.0.1",
            "--relay-ip=127.0.0.1", "--allow-loopback-peers", "--pidfile=",
            "--userdb=/nonexistent", f"--listening-port={turn}")
        ports = [free_port(), free_port()]
        self.relays = [self.run_program(RELAY, "--listen", f"127.0.0.1:{port}", "--redis",
                                        f"redis://127.0.0.1:{redis}") for port in ports]
        for relay in self.relays:
            relay.wait_for("listens on")
        self.publisher = self.run_program(
            "gst-launch-1.0", "-m", "webcastsink", "name=s", "local-addresses=<127.0.0.1>",
            f"location=listen://127.0.0.1:0,ws://127.0.0.1:{ports[0]}",
            f'turn-servers=<"turn://siege:of-troy@127.0.0.1:{turn}">',
            "videotestsrc", "is-live=true", "!", "video/x-raw,width=160,height=120,framerate=30/1",
            "!", "s.")
        told = self.publisher.wait_for("webcast-listening, ")
        direct = re.search(r"127\.0\.0\.1:(\d+)/", told).group(1)
        self.urls = [f"ws://127.0.0.1:{port}/ws" for port in (direct, *ports)]
        self.honest = self.run_program(SWARM, "--url", self.urls[0], "--seconds", 3600, "--json",
                                       "--no-audio", "--codec", "H264")
        self.publisher.wait_for("webcast-viewer-connected")
        deadline = time.monotonic() + PATIENCE
        while self.lost_frames()[0] < 30 and time.monotonic() < deadline and not self.problems:
            time.sleep(1)
        self.at_rest = self.publisher.census()

    def join(self):
        url = self.random.choice(self.urls)
        if self.random.random() < 0.3:
            command = (SWARM, "--url", url, "--viewers", 3, "--seconds", 60, "--no-audio",
                       "--codec", self.random.choice(["H264", "VP8"]))
        else:
            command = (VIEWER, "--url", url, "--seconds", 60)
        self.viewers.append(self.run_program(*command))

    def leave(self):
        if self.viewers:
            viewer = self.viewers.pop(self.random.randrange(len(self.viewers)))
            viewer.end(self.random.choice([signal.SIGTERM, signal.SIGKILL]))
            self.all.remove(viewer)

    def deed(self):
        """One thing that happens; what, and to whom, is the seed's."""
        servers = [*self.relays, self.redis, self.turn]
        kind = self.random.choices(["join", "leave", "stop viewer", "stop server", "restart"],
                                   [40, 25, 10, 12, 13])[0]
        self.deeds += 1
        if kind == "join":
            if len(self.viewers) >= MOST_VIEWERS:
                self.leave()
            self.join()
        elif kind == "leave":
            self.leave()
        elif kind == "stop viewer" and self.viewers:
            self.random.choice(self.viewers).stop_for(self.random.uniform(1, 20))
        elif kind == "stop server":
            self.random.choice(servers).stop_for(self.random.uniform(1, 10))
        elif kind == "restart":
            server = self.random.choice(servers)
            server.end(self.random.choice([signal.SIGTERM, signal.SIGKILL]))
            server.start()

    def lost_frames(self):
        """Of the honest viewer: frames, and packets that never came; nothing if it says nothing."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.honest.lines.get_nowait()  # what it said before
        self.honest.send(signal.SIGUSR1)
        try:
            video = json.loads(self.honest.wait_for('"total"'))["total"]["video"]
        except (RuntimeError, queue.Empty, ValueError, KeyError) as problem:
            self.problems.append(f"the honest viewer says nothing: {problem!r}")
            return 0, 0
        return video["frames"], video["lost"]

    def report(self):
        frames, lost = self.lost_frames()
        parts = [f"{time.monotonic() - self.began:6.0f} s  {self.deeds:4d} deeds  "
                 f"{len(self.viewers)} viewers  frames {frames:6d}  lost {lost}"]
        for name, program in (("publisher", self.publisher), ("relay 1", self.relays[0]),
                              ("relay 2", self.relays[1])):
            threads, descriptors, resident = program.census()
            parts.append(f"{name}: {threads} threads {descriptors} fds {resident} MiB")
        print("  |  ".join(parts), flush=True)
        if not self.publisher.runs():
            self.problems.append("the publisher ended: " + "".join(
                line or "" for line in list(self.publisher.lines.queue)[-20:]))
        if lost:
            self.problems.append(f"the honest viewer lost {lost} packets")
        return frames

    def besiege(self, minutes):
        end = time.monotonic() + 60 * minutes
        due = 0
        while (now := time.monotonic()) < end and not self.problems:
            for program in self.all:
                program.go_on(now)
            for viewer in [viewer for viewer in self.viewers if not viewer.runs()]:
                self.viewers.remove(viewer)
                self.all.remove(viewer)
            self.deed()
            if now >= due:
                due, before = now + REPORT, self.frames
                self.frames = self.report()
                if self.frames <= before:
                    self.problems.append("the honest viewer gets no frames")
            time.sleep(self.random.uniform(0.2, 2))

    def let_go(self):
        """All but the honest viewer leave: what they took comes back. MiB of the publisher's then."""
        for viewer in self.viewers:
            viewer.end()
            self.all.remove(viewer)
        self.viewers = []
        for program in self.all:
            program.go_on(float("inf"))
        deadline = time.monotonic() + SETTLE
        while time.monotonic() < deadline:
            threads, descriptors, _ = self.publisher.census()
            if threads <= self.at_rest[0] + 2 and descriptors <= self.at_rest[1] + 4:
                break
            time.sleep(1)
        else:
            self.problems.append(f"{threads} threads and {descriptors} descriptors are left of "
                                 f"{self.at_rest[0]} and {self.at_rest[1]} before the siege")
        self.report()
        return self.publisher.census()[2]

    def run(self, minutes):
        """In two halves: the first one warms up what is made once and kept."""
        self.besiege(minutes / 2)
        before = self.problems or self.let_go()
        self.besiege(minutes / 2)
        after = self.problems or self.let_go()
        if self.problems:
            return
        print(f"publisher at rest: {self.at_rest[2]} MiB before the siege, {before} after its first "
              f"half, {after} after it")
        if after > before * MOST_GROWTH:
            self.problems.append(f"the publisher's memory grew from {before} to {after} MiB")

    def end(self):
        for program in reversed(self.all):
            program.end()


def main():
    minutes = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(100000)
    print(f"seed {seed}", flush=True)
    siege = Siege(seed)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        siege.start()
        siege.run(minutes)
    except KeyboardInterrupt:
        siege.problems.append("interrupted")
    finally:
        siege.end()
    print("\n".join(siege.problems) or "The stream stood.")
    return 1 if siege.problems else 0


if __name__ == "__main__":
    sys.exit(main())
