"""What `meson install` brings is where Debian looks by default, or it says what to set; from an empty
root it plays with nothing but that set. An operator's configuration stays.

Environment: as cases.py.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from cases import BUILD, PATIENCE, ROOT, answers, running, watch

PROGRAM = r"""
#include <stdio.h>
#include <webcast/signaler.h>
int main(void) { return puts(g_type_name(WEBCAST_TYPE_SIGNALER)) < 0; }
"""


def output(*command, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=PATIENCE, env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(f"{shlex.join(done.args)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def tool(*command, **environment):
    """The output of what is not ours to judge: without the sanitizers' runtime, which would fail a
    build for what GCC's own programs leak (tests/support/sanitized.sh)."""
    return output(*command, LD_PRELOAD="", **environment)


def options_of(what):
    return {option["name"]: option["value"]
            for option in json.loads(tool("meson", "introspect", what, "--buildoptions"))}


def setup_says(folder, prefix):
    """What is to be set for that prefix, by `meson setup`."""
    said = tool("meson", "setup", folder / "build", ROOT, "-Dtests=false", f"--prefix={prefix}")
    return dict(re.findall(r"^ *([A-Z_]+_PATH) *: (/\S+)$", said, re.MULTILINE))


def default_prefix_is_where_debian_looks():
    assert options_of(ROOT / "meson.build")["prefix"] == "/usr"
    pluginsdir = tool("pkg-config", "--variable=pluginsdir", "gstreamer-1.0").strip()
    assert pluginsdir == f"/usr/{options_of(BUILD)['libdir']}/gstreamer-1.0", pluginsdir


def install(root):
    tool("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", root)


def configuration_stays(root):
    options = options_of(BUILD)
    path = root / str(pathlib.Path(options["prefix"]) / options["sysconfdir"])[1:] / \
        "webcast-relay.conf"
    assert path.read_bytes() == (ROOT / "signaling" / "relay" / path.name).read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600, oct(path.stat().st_mode)
    path.write_text("[relay]\nview-token=of-the-operator-s3cret\n", encoding="utf-8")
    install(root)
    assert "of-the-operator" in path.read_text(encoding="utf-8"), "the configuration was overwritten"


def links(folder, settings):
    """A program finds header and library by pkg-config, and runs."""
    source = folder / "program.c"
    source.write_text(PROGRAM, encoding="utf-8")
    flags = tool("pkg-config", "--cflags", "--libs", "webcast-1.0", **settings).split()
    tool(os.environ.get("CC", "cc"), source, "-o", folder / "program", *flags)
    assert output(folder / "program", **settings).strip() == "WebcastSignaler"


def main(folder):
    default_prefix_is_where_debian_looks()
    root = folder / "root"
    install(root)
    prefix = f"{root}{options_of(BUILD)['prefix']}"
    settings = {name: value.replace("/opt/webcast", prefix)
                for name, value in setup_says(folder, "/opt/webcast").items()}
    configuration_stays(root)
    settings["GST_REGISTRY"] = str(folder / "registry.bin")
    links(folder, settings)
    assert output(f"{prefix}/bin/webcast-relay", "--version", **settings).startswith("webcast-relay ")
    if "custom_signaler_py" in sys.argv:
        answers(sys.executable, ROOT / "pipelines" / "custom_signaler.py", 0, **settings)
    # The plugin finds its library by itself.
    settings["LD_LIBRARY_PATH"] = ""
    where = re.search(r"Filename +(\S+)", output("gst-inspect-1.0", "webcastsink", **settings))
    assert where.group(1).startswith(str(root)), where.group(1)
    with running("gst-launch-1.0", "-m", *"videotestsrc is-live=true ! webcastsink".split(),
                 "location=listen://127.0.0.1:0", **settings) as program:
        watch(program, "--frames", "10")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(pathlib.Path(temporary))
