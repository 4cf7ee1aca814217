"""first-frame: opening the player's page to the first decoded picture."""
import contextlib

from harness.browser import browse
from harness.command import run
from harness.results import Results, measure_in_turns, percentile
from harness.senders import Webcast

JOINS = 30
ROUNDS = 5


def measure(build, logs):
    with contextlib.closing(Webcast(build, logs)) as sender:
        joins = browse("first_frame.mjs", "joins", logs, 30 * JOINS, sender.url, JOINS)["ms"]
    return {"p50": percentile(joins, 0.5), "p95": percentile(joins, 0.95), "first": joins[0]}


def main(build, output):
    logs = output / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    rounds = measure_in_turns({"ours": lambda: measure(build, logs)}, ROUNDS)
    results = Results(output)
    for name, metric, of in (("first-frame", "p50", f"p50 of {JOINS} joins"),
                             ("first-frame-p95", "p95", f"p95 of {JOINS} joins"),
                             ("first-frame-cold", "first", "the sender's first viewer")):
        results.add(name, f"ms, {of}", [entry["ours"][metric] for entry in rounds])
    results.print_table({})


if __name__ == "__main__":
    run(main)
