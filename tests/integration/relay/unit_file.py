"""The files that are installed beside webcast-relay: its systemd unit is hardened and right, its
configuration is one that it takes.

    unit_file.py RELAY UNIT CONFIGURATION
"""
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

MOST_EXPOSED = 2.0
SKIPPED = 77


def takes_configuration(relay, configuration):
    command = [relay, "--config", configuration, "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    return "listens on" in line and process.returncode == 0


def unit_problems(relay, unit):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "webcast-relay.service"
        text = pathlib.Path(unit).read_text(encoding="utf-8")
        copy.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={relay}", text, flags=re.MULTILINE),
                        encoding="utf-8")
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", copy],
                                  capture_output=True, text=True, check=False)
        if "webcast-relay.service" in verified.stderr:
            yield verified.stderr
        analyzed = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", "--no-pager", copy],
            capture_output=True, text=True, check=False)
        found = re.search(r"exposure level for \S+ ([\d.]+)", analyzed.stdout)
        if not found or float(found.group(1)) > MOST_EXPOSED:
            yield analyzed.stdout + analyzed.stderr


def main(relay, unit, configuration):
    relay = str(pathlib.Path(relay).resolve())
    problems = []
    if not takes_configuration(relay, configuration):
        problems.append(f"{relay} does not take {configuration}")
    has_systemd = shutil.which("systemd-analyze")
    if has_systemd:
        problems += unit_problems(relay, unit)
    print("\n".join(problems))
    return 1 if problems else 0 if has_systemd else SKIPPED


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
