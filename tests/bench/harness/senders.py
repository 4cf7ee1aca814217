"""The senders under test: webcastsink, and Janus with a feed."""
import contextlib
import shutil
import socket
import time
from pathlib import Path

from harness.processes import BenchError, Child

PICTURE = "video/x-raw,format=I420,width=1280,height=720,framerate=30/1"
BITRATE = 2_500_000


def _plugin_environment(build):
    return {"GST_PLUGIN_PATH": str(build / "plugins"),
            "GST_REGISTRY": str(build / "bench-registry.bin")}


class Webcast:
    """`videotestsrc ! webcastsink` in a process of its own."""

    def __init__(self, build, logs, host="127.0.0.1", properties=(), seconds=300, location=None):
        """`location`: in place of a listener of its own; `url` is empty then."""
        self.child = Child(
            [build / "tests/bench/sender/webcast-bench-sender", "--seconds", seconds,
             "videotestsrc", "is-live=true", "!", PICTURE, "!", "identity", "name=clock", "!",
             "webcastsink", f"location={location or f'listen://{host}:0'}", f"start-bitrate={BITRATE}",
             *properties],
            logs / "sender.log", env=_plugin_environment(build))
        self.url = ""
        try:
            if not location:
                self.url = self.child.wait_event("webcast-listening", 20)["url"]
        except Exception:
            self.child.stop()
            raise

    @property
    def websocket(self):
        return self.url.replace("http", "ws", 1).rstrip("/") + "/ws"

    swarm_arguments = ()

    def close(self):
        self.child.stop()


def start_relay(build, logs, port=0, options=()):
    """webcast-relay, and the port that it listens on."""
    relay = Child([build / "signaling" / "webcast-relay", "--listen", f"127.0.0.1:{port}", *options],
                  logs / "relay.log")
    text = relay.wait_event("text", 10)["text"]
    return relay, int(text.rsplit(":", 1)[1].strip("/"))


_JANUS = """general: {{
  configs_folder = "{folder}"
  plugins_folder = "{libraries}/plugins"
  transports_folder = "{libraries}/transports"
  events_folder = "{libraries}/events"
  loggers_folder = "{libraries}/loggers"
  debug_level = 3
}}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
events: {{ broadcast = false }}
"""
_JANUS_WEBSOCKETS = """general: {{
  ws = true
  ws_port = {port}
  ws_ip = "{host}"
}}
"""
_JANUS_STREAMING = """live: {{
  type = "rtp"
  id = 1
  media = ( {{
    type = "video"
    mid = "v"
    label = "video"
    port = {port}
    pt = 96
    codec = "h264"
    fmtp = "profile-level-id=42e01f;packetization-mode=1"
  }} )
}}
"""


def _free_port(kind, host):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Janus:
    """Janus' streaming plugin, fed with RTP by a gst-launch; only Janus itself is measured."""

    swarm_arguments = ("--protocol", "janus")

    def __init__(self, logs, host):
        self.folder = logs / "janus"
        media_port = self._configure(host)
        self.websocket = f"ws://{host}:{self.port}/"
        with contextlib.ExitStack() as stack:
            self.child = Child(["janus", "-F", self.folder], logs / "janus.log", events=False)
            stack.callback(self.child.stop)
            self._wait_for_port(host)
            self.feed = Child(
                ["gst-launch-1.0", "-q", "videotestsrc", "is-live=true", "!", PICTURE, "!",
                 "x264enc", "tune=zerolatency", "speed-preset=ultrafast",
                 f"bitrate={BITRATE // 1000}", "key-int-max=60", "!",
                 "video/x-h264,profile=constrained-baseline", "!", "rtph264pay", "pt=96",
                 "mtu=1200", "aggregate-mode=zero-latency", "config-interval=-1", "!", "udpsink",
                 "host=127.0.0.1", f"port={media_port}"],
                logs / "feed.log", events=False)
            stack.callback(self.feed.stop)
            self._cleanup = stack.pop_all()

    def _configure(self, host):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        libraries = next(Path("/usr/lib").glob("*/janus"), None)
        if not libraries:
            raise BenchError("Janus is not installed: apt-get install janus")

        def others(kind, keep):
            return ",".join(sorted(path.name for path in (libraries / kind).glob("*.so")
                                   if path.name != keep))
        self.port = _free_port(socket.SOCK_STREAM, host)
        media_port = _free_port(socket.SOCK_DGRAM, "127.0.0.1")
        texts = {
            "janus.jcfg": _JANUS.format(
                folder=self.folder, libraries=libraries,
                plugins=others("plugins", "libjanus_streaming.so"),
                transports=others("transports", "libjanus_websockets.so")),
            "janus.transport.websockets.jcfg": _JANUS_WEBSOCKETS.format(port=self.port, host=host),
            "janus.plugin.streaming.jcfg": _JANUS_STREAMING.format(port=media_port),
        }
        for name, text in texts.items():
            (self.folder / name).write_text(text)
        return media_port

    def _wait_for_port(self, host):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((host, self.port), 1):
                return
            if self.child.process.poll() is not None:
                break
            time.sleep(0.1)
        raise BenchError(f"Janus does not listen; see {self.child.log}")

    def close(self):
        self._cleanup.close()
