"""Every gst-launch-1.0 line of README and docs parses, reaches PLAYING and tells its address.

One that records does so, from a publisher of picture and sound, and its file is played. What a test
machine has not is replaced by test sources (STAND_INS), files by made ones, a relay and
a WHEP server by one of this build, and the listener takes a free port of 127.0.0.1: apart from that each line runs
as it stands.
"""
import os
import pathlib
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

import tree

TIMEOUT = 30  # seconds until PLAYING
PICTURE = "videotestsrc is-live=true"
SOUND = "audiotestsrc is-live=true"
H264 = "x264enc tune=zerolatency ! video/x-h264,profile=constrained-baseline"
# An element with its properties, and what stands for it.
STAND_INS = {
    "v4l2src": PICTURE,
    "v4l2src image/jpeg": f"{PICTURE} ! jpegenc",  # before these caps
    "ximagesrc": PICTURE,
    "autovideosrc": PICTURE,
    "pulsesrc": SOUND,
    "alsasrc": SOUND,
    "autoaudiosrc": SOUND,
    "autovideosink": "fakesink async=false",  # nobody publishes: nothing would preroll it
    "autoaudiosink": "fakesink async=false",
    "filesink": "fakesink async=false",
    "rtspsrc": f"{PICTURE} ! {H264} ! rtph264pay",
}
MADE_FILES = {
    "movie.mp4": f"gst-launch-1.0 -q videotestsrc num-buffers=60 ! {H264} ! h264parse ! "
                 "mp4mux name=m ! filesink location=movie.mp4 "
                 "audiotestsrc num-buffers=90 ! avenc_aac ! m.",
    "movie.srt": r"""sh -c "printf '1\n00:00:00,000 --> 00:00:09,000\nHello\n' > movie.srt" """,
    "cert.pem": "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost "
                "-keyout key.pem -out cert.pem",
}


def lines_of(path):
    """The launch lines in the code blocks and tables of a Markdown file, continuation lines joined."""
    text = re.sub(r"\\\n\s*", "", tree.text(path))
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif (fenced or line.startswith("    ")) and line.lstrip(" $").startswith("gst-launch-1.0"):
            yield line.lstrip(" $")
        elif line.startswith("|"):
            yield from re.findall(r"`(gst-launch-1\.0 [^`]+)`", line)


class Relay:
    """webcast-relay on a free port, from the first line on that needs it."""
    location = None
    process = None

    @classmethod
    def get(cls):
        if not cls.location:
            program = pathlib.Path(os.environ["WEBCAST_BUILD"]) / "signaling" / "webcast-relay"
            cls.process = subprocess.Popen([program, "--listen", "127.0.0.1:0"],
                                           stdout=subprocess.PIPE, text=True)
            url = cls.process.stdout.readline().split()[-1]
            cls.location = url.replace("http", "ws", 1)
        return cls.location

    @classmethod
    def stop(cls):
        if cls.process:
            cls.process.terminate()
            cls.process.communicate()


class WhepServer:
    """A webcastsink on a free port, from the first line on that plays from one."""
    port = None
    process = None

    @classmethod
    def at(cls, word):
        """`word`, a property with a whep:// address, with the address of that sink."""
        if not cls.port:
            launch = f"-m {PICTURE} ! webcastsink name=s location=listen://127.0.0.1:0 {SOUND} ! s."
            cls.process = subprocess.Popen(["gst-launch-1.0", *launch.split()],
                                           stdout=subprocess.PIPE, text=True)
            told = next(line for line in cls.process.stdout if "webcast-listening, " in line)
            cls.port = re.search(r"http://127\.0\.0\.1:(\d+)/", told).group(1)
            # Whoever does not read the rest stops what writes it.
            threading.Thread(target=cls.process.stdout.read, daemon=True).start()
        return re.sub(r"whep://[^/]*/", f"whep://127.0.0.1:{cls.port}/", word)

    @classmethod
    def stop(cls):
        if cls.process:
            cls.process.send_signal(signal.SIGINT)
            cls.process.wait(10)


def records(line):
    return " -e " in line and "webcastsrc" in line and "filesink location=" in line


def adapt(line):
    """The words of a line with stand-ins for what is not here."""
    words, adapted = shlex.split(line, comments=True)[1:], []
    while words:
        word = words.pop(0)
        if word in STAND_INS and not (word == "filesink" and records(line)):
            while words and "=" in words[0] and "," not in words[0]:
                words.pop(0)
            caps = words[1].split(",")[0] if len(words) > 1 else ""
            adapted += STAND_INS.get(f"{word} {caps}", STAND_INS[word]).split()
        elif word in ("webcastsink", "webcastsrc"):
            adapted += [word, "location=listen://127.0.0.1:0"]
        elif word.endswith(" webcastsink"):  # a bin as a property, of a player
            adapted.append(f"{word} location=listen://127.0.0.1:0")
        elif word.startswith("location=ws://"):
            adapted.append(f"location={Relay.get()}")
        elif re.match(r"location=listen://.*,ws://", word):
            adapted.append(f"location=listen://127.0.0.1:0,{Relay.get()}")
        elif re.match(r"(location|uri)=whep://", word):
            adapted.append(WhepServer.at(word))
        elif word.startswith(("location=whip", "location=janus")):
            adapted.append(word.replace("=", "=listen://127.0.0.1:0,", 1))
        elif not word.startswith("location=listen://"):
            adapted.append(word)
    return ["gst-launch-1.0", "-m", *adapted]


def try_line(words):
    """Runs a line until it plays; what went wrong, or nothing."""
    output, told = "", False
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    deadline = time.monotonic() + TIMEOUT
    try:
        while time.monotonic() < deadline:
            if not select.select([process.stdout], [], [], 1)[0]:
                continue
            data = os.read(process.stdout.fileno(), 65536).decode(errors="replace")
            if not data:
                return f"ended too early:\n{output}"
            output += data
            told = told or "webcast-listening, " in output or "state=(string)connected" in output
            # gst-launch-1.0 runs a player, which is a pipeline itself, without one of its own.
            if told and re.search(r'element "(pipeline|playbin3-)0" \(state-changed\).*'
                                  r'new-state=\(GstState\)playing', output):
                return None
        return f"does not play after {TIMEOUT} s:\n{output}"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def try_recording(line):
    """Runs a line with somebody who publishes, ends it as a person does, and plays its file."""
    file = pathlib.Path(re.search(r"filesink location=(\S+)", line).group(1))
    process = subprocess.Popen(adapt(line), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    told = next((text for text in process.stdout if "webcast-listening, " in text), "")
    url = re.search(r"http(://127\.0\.0\.1:\d+)/", told)
    if not url:
        process.kill()
        return "does not listen"
    threading.Thread(target=process.stdout.read, daemon=True).start()
    publisher = pathlib.Path(os.environ["WEBCAST_BUILD"]) / "tests/support/webcast-test-publisher"
    sender = subprocess.Popen([publisher, "--url", f"ws{url.group(1)}/ws"],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + TIMEOUT
    try:
        while not (file.exists() and file.stat().st_size > 100_000):
            if time.monotonic() > deadline or process.poll() is not None:
                return f"{file} does not grow: {file.stat().st_size if file.exists() else 'none'}"
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        return "does not end at SIGINT"
    finally:
        for each in (process, sender):
            each.kill()
            each.wait()
    play = (f"gst-launch-1.0 filesrc location={file} ! decodebin name=all "
            "all. ! video/x-raw ! fakesink  all. ! audio/x-raw ! fakesink")
    played = subprocess.run(play.split(), capture_output=True, text=True, timeout=TIMEOUT)
    return f"{file} does not play:\n{played.stdout}{played.stderr}" if played.returncode else None


def main():
    problems = count = 0
    documents = ["README.md", *(path for path in tree.files(".md") if path.parts[0] == "docs")]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, command in MADE_FILES.items():
            subprocess.run(shlex.split(command), check=True, capture_output=True, timeout=60)
            assert pathlib.Path(name).exists()
        for document in documents:
            for line in lines_of(document):
                problem = try_recording(line) if records(line) else try_line(adapt(line))
                count += 1
                print("FAILED" if problem else "played", f"{document}: {line}", flush=True)
                if problem:
                    problems += 1
                    print(problem)
    Relay.stop()
    WhepServer.stop()
    if count < 10:
        print(f"Only {count} lines were found; the README alone promises ten.")
        return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
