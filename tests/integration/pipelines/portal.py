"""Stands for the desktop's portal: shares one PipeWire node with whoever asks.

usage: portal.py NODE
"""
import os
import socket
import sys

from gi.repository import Gio, GLib

PATH = "/org/freedesktop/portal/desktop"
INTERFACE = """<node><interface name="org.freedesktop.portal.ScreenCast">
<method name="CreateSession"><arg type="a{sv}"/><arg type="o" direction="out"/></method>
<method name="SelectSources"><arg type="o"/><arg type="a{sv}"/><arg type="o" direction="out"/></method>
<method name="Start"><arg type="o"/><arg type="s"/><arg type="a{sv}"/>
<arg type="o" direction="out"/></method>
<method name="OpenPipeWireRemote"><arg type="o"/><arg type="a{sv}"/>
<arg type="h" direction="out"/></method>
</interface></node>"""


def main(node):
    results = {
        "CreateSession": {"session_handle": GLib.Variant("s", PATH + "/session/a/b")},
        "SelectSources": {},
        "Start": {"streams": GLib.Variant("a(ua{sv})", [(node, {})])},
    }

    def on_call(bus, sender, _path, _interface, method, parameters, invocation):
        if method == "OpenPipeWireRemote":
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(os.environ["XDG_RUNTIME_DIR"] + "/pipewire-0")
            descriptors = Gio.UnixFDList.new()
            index = descriptors.append(connection.fileno())
            invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (index,)), descriptors)
            return
        token = parameters.unpack()[-1]["handle_token"]
        handle = f"{PATH}/request/{sender[1:].replace('.', '_')}/{token}"
        invocation.return_value(GLib.Variant("(o)", (handle,)))
        bus.emit_signal(sender, handle, "org.freedesktop.portal.Request", "Response",
                        GLib.Variant("(ua{sv})", (0, results[method])))

    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
    bus.register_object(PATH, interface, on_call, None, None)
    Gio.bus_own_name_on_connection(bus, "org.freedesktop.portal.Desktop",
                                   Gio.BusNameOwnerFlags.NONE,
                                   lambda *_: print("ready", flush=True), None)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
