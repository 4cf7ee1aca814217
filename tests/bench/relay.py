"""relay: what idle peers and a stream of messages cost webcast-relay."""
import resource
import threading
import time

from harness.command import run
from harness.processes import BenchError
from harness.results import Results, measure_in_turns, percentile
from harness.senders import start_relay
from harness.websockets import Crowd, WebSocket

PEERS = 5000
RATE = 1000  # messages/s
SECONDS = 10
ROUNDS = 5


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 2 * PEERS:
        raise BenchError(f"this process may open {hard} files, {2 * PEERS} are needed: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * PEERS, hard))


def start_session(port):
    producer, viewer = WebSocket(port, "127.0.0.1"), WebSocket(port, "127.0.0.1")
    producer.send({"type": "setPeerStatus", "roles": ["producer"], "meta": {"name": "bench"}})
    # Each on its own connection: the relay may hear the viewer first.
    for _ in range(100):
        viewer.send({"type": "list"})
        if viewer.wait("list")["producers"]:
            break
        time.sleep(0.01)
    viewer.send({"type": "startSession", "peerId": producer.id})
    return producer, viewer, viewer.wait("sessionStarted")["sessionId"]


def send_candidates(producer, session, end):
    """RATE a second, each with the time at which it leaves."""
    number, start = 0, time.monotonic()
    while (now := time.monotonic()) < end:
        while number < (now - start) * RATE:
            producer.send({"type": "peer", "sessionId": session, "ice": {
                "candidate": f"candidate:{time.monotonic():.6f}", "sdpMLineIndex": 0}})
            number += 1
        time.sleep(0.001)


def measure_messages(relay, crowd, port):
    producer, viewer, session = start_session(port)
    delays = []

    def on_message(message):
        if message["type"] == "peer":
            sent = float(message["ice"]["candidate"].partition(":")[2])
            delays.append(time.monotonic() - sent)

    end = time.monotonic() + SECONDS
    before = relay.cpu_seconds()
    sender = threading.Thread(target=send_candidates, args=(producer, session, end))
    sender.start()
    crowd.attend(end + 1, viewer, on_message)
    sender.join()
    spent = relay.cpu_seconds() - before
    for client in (producer, viewer):
        client.socket.close()
    if len(delays) < RATE * SECONDS * 0.9:
        raise BenchError(f"only {len(delays)} messages of {RATE * SECONDS} went through")
    return {"message": 1e6 * spent / len(delays), "rate": len(delays) / SECONDS,
            "delay": 1e3 * percentile(delays, 0.5), "delay-p95": 1e3 * percentile(delays, 0.95)}


def measure(build, logs):
    relay, port = start_relay(build, logs, options=("--max-peers", PEERS + 100))
    with relay:
        empty = relay.memory_bytes()
        started = time.monotonic()
        crowd = Crowd(port, PEERS)
        joined = time.monotonic() - started
        try:
            memory = (relay.memory_bytes() - empty) / PEERS / 1024
            before = relay.cpu_seconds()
            crowd.attend(time.monotonic() + 3 * SECONDS)
            idle = 100 * (relay.cpu_seconds() - before) / (3 * SECONDS)
            return {"memory": memory, "joins": PEERS / joined, "idle": idle,
                    **measure_messages(relay, crowd, port)}
        finally:
            crowd.close()


def main(build, output):
    logs = output / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    raise_descriptor_limit()
    rounds = measure_in_turns({"ours": lambda: measure(build, logs)}, ROUNDS)
    results = Results(output)
    for name, metric, unit in (
            ("relay-memory", "memory", f"KiB a peer, of {PEERS} idle ones"),
            ("relay-joins", "joins", "WebSockets/s that one client opens"),
            ("relay-idle", "idle", f"% of a core, {PEERS} idle peers"),
            ("relay-message", "message", f"µs of CPU a message, beside {PEERS} idle peers"),
            ("relay-rate", "rate", "messages/s carried"),
            ("relay-delay", "delay", "ms a message, p50"),
            ("relay-delay-p95", "delay-p95", "ms a message, p95")):
        results.add(name, unit, [entry["ours"][metric] for entry in rounds])
    results.print_table({})


if __name__ == "__main__":
    run(main)
