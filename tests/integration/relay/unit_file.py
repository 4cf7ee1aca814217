"""The files that are installed beside webcast-relay: its systemd unit is hardened and right, its
configuration is one that it takes, at the start and at each reload.

    unit_file.py RELAY UNIT CONFIGURATION
"""
import os
import pathlib
import re
import shlex
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


def commands(unit, key):
    text = pathlib.Path(unit).read_text(encoding="utf-8")
    return [shlex.split(line) for line in re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)]


def run_command(words, folder, configuration, process):
    """As systemd would, but that root's and the run-time files are in `folder`."""
    words = [re.sub(r"/\S*/webcast-relay\.conf(?= )", str(configuration), word, count=1)
             for word in words]
    words = [word.replace("$$", "$").replace("%%", "%").replace("%t", str(folder))
             for word in words]
    words[0] = words[0].lstrip("+")
    subprocess.run(words, check=True, timeout=30, env={**os.environ, "MAINPID": str(process)})


def reload_problems(relay, unit, configuration):
    """What the unit does at start and reload: the relay reads what root wrote."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "webcast-relay").mkdir()
        ours = folder / "etc.conf"
        shutil.copy(configuration, ours)
        before, = commands(unit, "ExecStartPre")
        run_command(before, folder, ours, 0)
        start, = commands(unit, "ExecStart")
        read = start[-1].replace("%t", str(folder))
        command = [relay, "--config", read, "--listen", "127.0.0.1:0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            with ours.open("a", encoding="utf-8") as file:
                file.write("\nmax-peers=17\n")
            again, = commands(unit, "ExecReload")
            run_command(again, folder, ours, process.pid)
            said = process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        if "a restart is needed for max-peers" not in said:
            yield f"ExecReload brings no new configuration: {said}"
        if pathlib.Path(read).stat().st_mode & 0o777 != 0o400:
            yield f"others may read {read}"


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
    problems += reload_problems(relay, unit, configuration)
    has_systemd = shutil.which("systemd-analyze")
    if has_systemd:
        problems += unit_problems(relay, unit)
    print("\n".join(problems))
    return 1 if problems else 0 if has_systemd else SKIPPED


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
