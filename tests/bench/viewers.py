"""viewers: what one more viewer costs the sender, beside Janus' streaming plugin."""
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness.command import run
from harness.processes import BenchError, Child
from harness.results import Results, measure_in_turns, slope
from harness.senders import Janus, Webcast

HOST = "10.99.0.1"
STEPS = (5, 20, 40)
ROUNDS = 5
SETTLE_SECONDS = 3
WINDOW_SECONDS = 8
# A receiver that misses more than this had no part in a fair measurement.
MAX_LOSS = 0.01
# Named after the appsrc of a rendition (plugins/media).
RENDITION_THREAD = "source:src"
INSIDE = "WEBCAST_BENCH_NETWORK"


def enter_network_namespace():
    """Starts this program again in a network namespace of its own, which goes with it.

    Janus gathers no candidates on loopback, so both sides get an address on a pair of virtual
    interfaces; packets between two processes of one address still go over loopback.
    """
    if os.environ.get(INSIDE):
        for command in (f"link set lo up", "link add bench0 type veth peer name bench1",
                        f"addr add {HOST}/24 dev bench0", "link set bench0 up",
                        "link set bench1 up"):
            subprocess.run(["ip", *command.split()], check=True)
        return
    options = ["-n"] if os.geteuid() == 0 else ["-rn"]
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", *options, sys.executable, *sys.argv])


def start_swarm(build, logs, sender, viewers):
    return Child([build / "tests/bench/swarm/webcast-swarm", "--url", sender.websocket,
                  "--viewers", viewers, "--ramp", 20, "--seconds", 240, "--no-audio", "--json",
                  *sender.swarm_arguments], logs / "swarm.log")


def check_watching(report, viewers, side):
    total = report["total"]
    if total["watching"] != viewers:
        reasons = {viewer["reason"] for viewer in report["viewers"]} - {""}
        raise BenchError(f"{side}: {total['watching']} of {viewers} viewers watch: {reasons}")


def check_loss(report, side):
    video = report["total"]["video"]
    if video["lost"] > MAX_LOSS * video["packets"]:
        raise BenchError(f"{side}: {video['lost']} of {video['packets']} packets were lost; "
                         "the machine is too busy")


class Window:
    """What the sender's process used between two moments."""

    def __init__(self, child):
        start, cpu, threads = time.monotonic(), child.cpu_seconds(), child.thread_seconds()
        time.sleep(WINDOW_SECONDS)
        self.seconds = time.monotonic() - start
        self.cpu_percent = 100 * (child.cpu_seconds() - cpu) / self.seconds
        self.threads = child.threads()
        self.memory = child.memory_bytes()
        self.rendition = []
        for thread, (name, used) in sorted(child.thread_seconds().items()):
            if name == RENDITION_THREAD:
                before = threads.get(thread, (name, 0))[1]
                self.rendition.append(100 * (used - before) / self.seconds)

    def encoder_percent(self):
        """The encoder's own threads. They inherit the name of the streaming thread, the first."""
        if len(self.rendition) < 2:
            raise BenchError(f"no encoder's threads beside {RENDITION_THREAD}")
        return sum(self.rendition[1:])

    def fan_out_percent(self):
        """The streaming thread: conversion, payloader and the fan-out to all viewers."""
        return self.rendition[0]


def packet_rate(swarm, ready, viewers):
    """Video packets a second and viewer from `ready` to the swarm's end."""
    swarm.signal(signal.SIGTERM)
    end = swarm.wait_event("end", 10)
    packets = end["total"]["video"]["packets"] - ready["total"]["video"]["packets"]
    return packets / viewers / (end["seconds"] - ready["seconds"]), end


def measure(side, make_sender, build, logs):
    """One round of one side: viewers come in steps, each step is looked at for a while."""
    with contextlib.ExitStack() as stack:
        sender = stack.enter_context(contextlib.closing(make_sender()))
        windows, swarms, viewers = [], [], 0
        for step in STEPS:
            swarm = stack.enter_context(start_swarm(build, logs, sender, step - viewers))
            ready = swarm.wait_event("ready", 30)
            check_watching(ready, step - viewers, side)
            swarms.append((swarm, ready, step - viewers))
            viewers = step
            time.sleep(SETTLE_SECONDS)
            windows.append(Window(sender.child))
        rates = []
        for swarm, ready, count in swarms:
            rate, end = packet_rate(swarm, ready, count)
            check_watching(end, count, side)
            check_loss(end, side)
            rates.append(rate)
    connect = [viewer["dtls_ms"] for _, ready, _ in swarms for viewer in ready["viewers"]]
    measured = numbers(windows, statistics.mean(rates), statistics.median(connect))
    if side == "ours":
        for name, window in (("few", windows[0]), ("many", windows[-1])):
            measured[f"encoder-{name}"] = window.encoder_percent()
            measured[f"fan-out-{name}"] = window.fan_out_percent()
    return measured


def numbers(windows, packets, connect):
    def cost(value):
        return slope([(step, value(window)) for step, window in zip(STEPS, windows)])
    percent = cost(lambda window: window.cpu_percent)
    return {
        "cost": percent,
        "packets": packets,
        "cost-packet": percent * 1e4 / packets,
        "threads": cost(lambda window: window.threads),
        "memory": cost(lambda window: window.memory) / 2**20,
        "connect": connect,
    }


def record(results, rounds):
    def of(side, metric):
        return [entry[side][metric] for entry in rounds]
    for name, unit, metric in (
            ("viewers", "% of a core a viewer", "cost"),
            ("viewers-packet", "us of CPU a packet", "cost-packet"),
            ("viewers-packets", "packets/s a viewer", "packets"),
            ("viewers-threads", "threads a viewer", "threads"),
            ("viewers-memory", "MiB a viewer", "memory"),
            ("viewers-connect", "ms from request to DTLS done, p50", "connect")):
        results.add(name, unit, of("ours", metric), of("janus", metric))
    for name in ("encoder", "fan-out"):
        results.add(f"viewers-{name}", f"% of a core, N = {STEPS[-1]}",
                    of("ours", f"{name}-many"), of("ours", f"{name}-few"))


def main(build, output):
    enter_network_namespace()
    logs = output / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    rounds = measure_in_turns({
        "ours": lambda: measure("ours", lambda: Webcast(build, logs, HOST), build, logs),
        "janus": lambda: measure("janus", lambda: Janus(logs, HOST), build, logs)}, ROUNDS)
    results = Results(output)
    record(results, rounds)
    results.print_table({result["name"]: "Janus streaming plugin" for result in results.all}
                        | {f"viewers-{name}": f"ours, N = {STEPS[0]}"
                           for name in ("encoder", "fan-out")})


if __name__ == "__main__":
    run(main)
