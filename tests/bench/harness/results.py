"""Rounds in turns, medians, the JSON files and the table."""
import json
import os
import platform
import statistics
import sys
from pathlib import Path

MIN_ROUNDS = 5


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return f"{os.cpu_count()} x {model}, {system}, Linux {platform.release()}"


def measure_in_turns(sides, rounds):
    """Runs each side's function once a round, A B A B; the first round is thrown away.

    `sides`: {name: function that returns {metric: number}}. Returns one {name: {metric: number}}
    for each round that counts.
    """
    if rounds < MIN_ROUNDS:
        raise ValueError(f"{MIN_ROUNDS} rounds at least")
    kept = []
    for number in range(rounds + 1):
        result = {}
        for name, function in sides.items():
            result[name] = function()
            shown = ", ".join(f"{metric} {value:.4g}" for metric, value in result[name].items())
            kind = "warm-up" if number == 0 else f"round {number}/{rounds}"
            print(f"  {kind} {name}: {shown}", file=sys.stderr, flush=True)
        if number:
            kept.append(result)
    return kept


def percentile(values, share):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def slope(points):
    """Least squares over (x, y)."""
    fit = statistics.linear_regression([x for x, _ in points], [y for _, y in points])
    return fit.slope


class Results:
    """The results of one run; each becomes build/bench/NAME.json."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.machine = machine()
        self.all = []

    def add(self, name, unit, ours, peer=None):
        """`ours`, `peer`: one number a round."""
        rounds = [{"ours": value} for value in ours]
        for entry, value in zip(rounds, peer or []):
            entry["peer"] = value
        ratios = [a / b for a, b in zip(ours, peer or []) if b]
        result = {
            "name": name, "unit": unit, "machine": self.machine, "rounds": rounds,
            "ours": statistics.median(ours),
            "peer": statistics.median(peer) if peer else None,
            "ratio": statistics.median(ratios) if ratios else None,
        }
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / f"{name}.json"
        path.write_text(json.dumps(result, indent=2) + "\n")
        self.all.append(result)

    def print_table(self, peers):
        """`peers`: {name: what the peer is}."""
        def number(value):
            return "-" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"
        rows = [("benchmark", "unit", "ours", "peer", "ratio", "peer is")]
        for result in self.all:
            rows.append((result["name"], result["unit"], number(result["ours"]),
                         number(result["peer"]), number(result["ratio"]),
                         peers.get(result["name"], "")))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        print(f"\n{self.machine}")
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
