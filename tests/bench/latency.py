"""latency: how old the picture is that the page shows, by the clock burnt into it."""
import contextlib

from harness.browser import browse
from harness.command import run
from harness.processes import BenchError
from harness.results import Results, measure_in_turns, percentile
from harness.senders import Webcast

ROUNDS = 5
WARM_UP_SECONDS = 4
SECONDS = 10
MIN_FRAMES = 20 * SECONDS


def measure(build, logs, properties):
    with contextlib.closing(Webcast(build, logs, properties=properties)) as sender:
        seen = browse("latency.mjs", "latency", logs, 90, sender.url, WARM_UP_SECONDS, SECONDS)
    ages = seen["ages"]
    if len(ages) < MIN_FRAMES:
        raise BenchError(f"only {len(ages)} pictures could be read in {SECONDS} s "
                         f"({seen['unreadable']} could not)")
    return {"p50": percentile(ages, 0.5), "p95": percentile(ages, 0.95), "frames": len(ages)}


def main(build, output):
    logs = output / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    sides = {"latency": (), "latency-playout-delay-0": ("playout-delay=0",)}
    rounds = measure_in_turns({
        name: lambda properties=properties: measure(build, logs, properties)
        for name, properties in sides.items()}, ROUNDS)
    results = Results(output)
    for name in sides:
        for suffix, metric in (("", "p50"), ("-p95", "p95")):
            results.add(name + suffix, f"ms, {metric}", [entry[name][metric] for entry in rounds])
    results.print_table({})


if __name__ == "__main__":
    run(main)
