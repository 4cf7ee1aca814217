"""The scripts and programs of pipelines/, each watched by a real viewer.

usage: cases.py CASE     CASE: one of the functions below, by its name

Environment: WEBCAST_BUILD, WEBCAST_TEST_VIEWER; GST_PLUGIN_PATH as for every test.
"""
import contextlib
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ["WEBCAST_BUILD"])
ANY = "listen://127.0.0.1:0"
SKIPPED = 77
PATIENCE = 180  # seconds


class Program:
    """A running program whose output is read line by line."""
    stdin = subprocess.DEVNULL

    def __init__(self, *command, **environment):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(
            self.command, stdin=self.stdin, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, **environment})
        self.lines, self.seen = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def wait_for(self, text):
        """The next line with `text` in it."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                line = None
            if line is None:
                sys.exit("\n".join([f"{self.command} never said '{text}', but", *self.seen]))
            self.seen.append(line)
            if text in line:
                return line

    def stop(self):
        """Ends it as Ctrl-C or a service manager would; it must end well."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        if status not in (0, -signal.SIGTERM):
            sys.exit("\n".join([f"{self.command} ended with {status}", *self.seen]))


    def end(self):
        """Whatever happened: a script is asked first, because it ends what it started."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.process.kill()


class Talker(Program):
    """One that is also told something."""
    stdin = subprocess.PIPE

    def say(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def paragraph(self, after):
        """The lines from the one behind `after` to the next empty one."""
        self.wait_for(after)
        lines = []
        while (line := self.wait_for("")).strip():
            lines.append(line)
        return "\n".join(lines)


@contextlib.contextmanager
def running(*command, kind=Program, **environment):
    program = kind(*command, **environment)
    try:
        yield program
        program.stop()
    finally:
        program.end()


def watch(program, *options):
    """A viewer at the address that `program` tells, until it got what `options` ask for."""
    address = program.wait_for("Watch at http://").split("://")[1].strip("/")
    viewer = Program(os.environ["WEBCAST_TEST_VIEWER"], "--url", f"ws://{address}/ws", *options)
    try:
        status = viewer.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        status = "no end"
        viewer.process.kill()
    if status != 0:
        viewer.lines.put(None)
        print(*iter(viewer.lines.get, None), *program.seen, sep="\n")
        sys.exit(f"viewer of {program.command}: {status}")


def reacts(*command, **environment):
    with running(*command, ANY, **environment) as program:
        watch(program, "--frames", "10")
        program.wait_for("1 watching")
        program.wait_for("0 watching")


def script(name, *arguments, **environment):
    return running("sh", ROOT / "pipelines" / name, "--listen", "127.0.0.1:0", *arguments,
                   **environment)


def make_file(path, *description):
    subprocess.run(["gst-launch-1.0", "-q", *" ".join(description).split(), "!", "filesink",
                    f"location={path}"], check=True, timeout=PATIENCE)


def embed_cpp(_folder):
    reacts(BUILD / "pipelines" / "embed")


def embed_py(_folder):
    reacts(sys.executable, ROOT / "pipelines" / "embed.py")


def answers(*command, **environment):
    with running(*command, **environment) as program:
        port = re.search(r":(\d+)/", program.wait_for("http://127.0.0.1:")).group(1)
        viewer = pathlib.Path(__file__).with_name("http_viewer.py")
        subprocess.run([sys.executable, viewer, f"http://127.0.0.1:{port}/offer"], check=True,
                       timeout=PATIENCE)


def custom_signaler_cpp(_folder):
    answers(BUILD / "pipelines" / "custom_signaler", 0)


def custom_signaler_py(_folder):
    answers(sys.executable, ROOT / "pipelines" / "custom_signaler.py", 0)


def uri(program):
    return program.wait_for("Watch at http://").split("http")[1].strip("/") + "/whep/live"


def discovered(_folder):
    """gst-discoverer-1.0 tells what a sink sends, from its address alone."""
    with running(BUILD / "pipelines" / "embed", ANY) as program:
        result = subprocess.run(["gst-discoverer-1.0", "-v", "whep" + uri(program)], text=True,
                                capture_output=True, timeout=PATIENCE)
        if result.returncode != 0 or "Live: yes" not in result.stdout \
                or "video/x-raw" not in result.stdout or "Width: 320" not in result.stdout:
            sys.exit(result.stdout + result.stderr)
        program.wait_for("0 watching")


def position(player):
    """In seconds, by the next line that tells it."""
    return float(re.search(r"0:00:(\d+\.\d) /", player.wait_for(" / 99:99:99")).group(1))


def played(_folder):
    """gst-play-1.0 plays it, by either of the players that GStreamer has."""
    with running(BUILD / "pipelines" / "embed", ANY) as program:
        address = "whep" + uri(program)
        for choice in ([], ["--use-playbin3"]):
            with running("gst-play-1.0", *choice, "--no-interactive", "--videosink=fakesink",
                         "--audiosink=fakesink", address) as player:
                first = position(player)
                while position(player) < first + 2:
                    pass


def manual(folder):
    """From one manual.sh to another one; the receiver is told by a file as well as by hand."""
    command = ("sh", ROOT / "pipelines" / "manual.sh")
    shown = "from.video_0 ! videoconvert ! fakesink async=false"
    with running(*command, "videotestsrc is-live=true ! sink.", kind=Talker) as sender:
        offer = sender.paragraph("The offer, to be carried")
        sender.say("Hello\n\n")
        sender.wait_for("Not taken:")
        with running(*command, "--receive", shown, kind=Talker) as receiver:
            receiver.wait_for("Paste the publisher's offer")
            receiver.say(json.dumps({"type": "offer", "sdp": offer}) + "\n")
            sender.say(receiver.paragraph("The answer, to be carried") + "\n\n")
            sender.wait_for("Connected.")
            receiver.wait_for("Connected.")
        sender.wait_for("The session is over")
        sender.paragraph("The offer, to be carried")
    (folder / "offer.sdp").write_text("garbage")
    for text, complaint in (("offer.sdp", "no SDP"), ("/dev/null", "Standard input ended")):
        with open(folder / text) as given:
            ended = subprocess.run([*command, "--receive", shown], stdin=given, capture_output=True,
                                   text=True, timeout=PATIENCE)
        if ended.returncode == 0 or complaint not in ended.stderr:
            sys.exit(f"{text}: {ended}")
    ended = subprocess.run([*command, "nonsense ! sink."], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=PATIENCE)
    if ended.returncode == 0 or "nonsense" not in ended.stderr:
        sys.exit(f"nonsense: {ended}")


def demo(_folder):
    with script("demo.sh") as program:
        watch(program, "--frames", "30")


def file_loops(folder):
    """More frames than the file has, of the very codec that is in it, then of a decoded one."""
    make_file(folder / "film.mkv",
              "videotestsrc num-buffers=30 ! video/x-raw,framerate=30/1 ! vp8enc deadline=1 "
              "keyframe-max-dist=15 ! matroskamux name=mux "
              "audiotestsrc num-buffers=50 ! opusenc ! mux. mux.")
    with script("file.sh", folder / "film.mkv") as program:
        watch(program, "--codecs", "VP8", "--frames", "100")
    make_file(folder / "film.ts",
              "videotestsrc num-buffers=30 ! video/x-raw,framerate=30/1 ! x264enc key-int-max=15 "
              "! h264parse ! mpegtsmux name=mux "
              "audiotestsrc num-buffers=50 ! audioconvert ! avenc_aac ! mux. mux.")
    with script("file.sh", folder / "film.ts") as program:
        watch(program, "--codecs", "H264", "--frames", "100")


def file_ends(folder):
    make_file(folder / "sound.ogg", "audiotestsrc num-buffers=50 ! opusenc ! oggmux")
    with script("file.sh", "--once", folder / "sound.ogg") as program:
        program.wait_for("Watch at")
        if program.process.wait(PATIENCE) != 0:
            sys.exit("file.sh --once failed")


def rtsp(_folder):
    """Through a server of GStreamer's own; the port is one that was free a moment ago."""
    import gi
    gi.require_version("Gst", "1.0")
    try:
        gi.require_version("GstRtspServer", "1.0")
    except ValueError:
        sys.exit(SKIPPED)
    from gi.repository import GLib, Gst, GstRtspServer
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
    factory = GstRtspServer.RTSPMediaFactory(
        launch="( videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=30 ! "
               "rtph264pay name=pay0 audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay1 )",
        shared=True)
    server.get_mount_points().add_factory("/test", factory)
    server.attach(None)
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    with script("rtsp.sh", f"rtsp://127.0.0.1:{server.get_bound_port()}/test") as program:
        watch(program, "--codecs", "H264", "--frames", "30")


def screen(folder):
    if not shutil.which("Xvfb"):
        sys.exit(SKIPPED)
    with open(folder / "display", "w+b") as number:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(number.fileno()), "-screen", "0", "640x480x24",
             "-nolisten", "tcp"], pass_fds=[number.fileno()], stderr=subprocess.DEVNULL)
        try:
            display = b""
            while not display.endswith(b"\n") and server.poll() is None:
                display = (folder / "display").read_bytes()
            display = ":" + display.decode().strip()
            with script("screen.sh", "--display", display, "--rate", "10") as program:
                watch(program, "--frames", "10")
        finally:
            server.terminate()
            server.wait()


def wayland(folder):
    """A desktop of our own: D-Bus, PipeWire with a test picture as its screen, a portal."""
    programs = ("dbus-run-session", "pipewire", "wireplumber", "pw-dump")
    if not all(map(shutil.which, programs)):
        sys.exit(SKIPPED)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "WAYLAND_DISPLAY": "wayland-0"}
    sys.exit(subprocess.run(["dbus-run-session", "--", sys.executable, __file__, "wayland_inside"],
                            env=environment, timeout=3 * PATIENCE).returncode)


def screen_node():
    """PipeWire's number for the test picture; it takes a moment to appear."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        dump = subprocess.run(["pw-dump"], capture_output=True, text=True, timeout=PATIENCE)
        for thing in json.loads(dump.stdout) if dump.returncode == 0 and dump.stdout else []:
            if ((thing.get("info") or {}).get("props") or {}).get("node.name") == "test-screen":
                return thing["id"]
        time.sleep(0.2)
    sys.exit("PipeWire shows no test picture")


def wayland_inside(_folder):
    folder = pathlib.Path(__file__).parent
    with contextlib.ExitStack() as stack:
        stack.enter_context(running("pipewire"))
        stack.enter_context(running("wireplumber"))
        picture = ("videotestsrc is-live=true ! video/x-raw,format=BGRx,framerate=30/1 ! "
                   "pipewiresink mode=provide "
                   "stream-properties=p,media.class=Video/Source,node.name=test-screen")
        stack.enter_context(running("gst-launch-1.0", "-q", *picture.split()))
        portal = stack.enter_context(
            running(sys.executable, folder / "portal.py", str(screen_node())))
        portal.wait_for("ready")
        program = stack.enter_context(script("screen.sh"))
        watch(program, "--frames", "10")


def no_camera(_folder):
    """Says which devices there are."""
    result = subprocess.run(["sh", ROOT / "pipelines" / "camera.sh", "--device", "/dev/null"],
                            capture_output=True, text=True, timeout=PATIENCE)
    if (result.returncode == 0 or "Video devices here:" not in result.stderr
            or "Sound inputs here:" not in result.stderr):
        sys.exit(result.stderr)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        globals()[sys.argv[1]](pathlib.Path(temporary))
