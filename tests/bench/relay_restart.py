"""relay-restart: how soon publishers and viewers are back at a relay that was killed."""
import re
import signal
import time
import urllib.request

from harness.browser import browsing
from harness.command import run
from harness.processes import BenchError, Child
from harness.results import Results, measure_in_turns
from harness.senders import Webcast, start_relay

PUBLISHERS = 5
ROUNDS = 5
PATIENCE = 60


def peers(port):
    """Those at the relay now; none while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as reply:
            return int(re.search(r"^webcast_peers (\d+)", reply.read().decode(), re.M)[1])
    except OSError:
        return 0


def wait_for_peers(port, count):
    start = time.monotonic()
    while peers(port) < count:
        if time.monotonic() - start > PATIENCE:
            raise BenchError(f"only {peers(port)} of {count} peers are at the relay")
        time.sleep(0.02)
    return time.monotonic() - start


def measure(build, logs):
    relay, port = start_relay(build, logs)
    senders = []
    try:
        for number in range(PUBLISHERS):
            senders.append(Webcast(build, logs, location=f"ws://127.0.0.1:{port}",
                                   properties=(f"stream=s{number}",)))
        wait_for_peers(port, PUBLISHERS)
        with browsing("watch.mjs", logs, f"http://127.0.0.1:{port}/watch/", PUBLISHERS) as pages:
            pages.wait_event("playing", PATIENCE)
            wait_for_peers(port, 2 * PUBLISHERS)
            relay.signal(signal.SIGKILL)
            relay.stop()
            relay, port = start_relay(build, logs, port)
            back = wait_for_peers(port, 2 * PUBLISHERS)
            pages.signal(signal.SIGUSR2)
            longest = pages.wait_event("watched", PATIENCE)["longest"]
    finally:
        for sender in senders:
            sender.close()
        relay.stop()
    return {"back": back, "gap": longest}


def main(build, output):
    logs = output / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    rounds = measure_in_turns({"ours": lambda: measure(build, logs)}, ROUNDS)
    results = Results(output)
    for name, metric, unit in (
            ("relay-restart", "back", f"s until {PUBLISHERS} publishers and their viewers are back"),
            ("relay-restart-gap", "gap", "ms, the longest time between two pictures meanwhile")):
        results.add(name, unit, [entry["ours"][metric] for entry in rounds])
    results.print_table({})


if __name__ == "__main__":
    run(main)
