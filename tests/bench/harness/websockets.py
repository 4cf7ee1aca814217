"""WebSocket clients by the thousand, in one thread: each a socket, its pings answered."""
import base64
import json
import os
import selectors
import socket
import struct
import time

from harness.processes import BenchError

_MASK = b"\1\2\3\4"
_PATIENCE = 30


def _frame(opcode, payload):
    size = len(payload)
    head = struct.pack("!BB", 0x80 | opcode, 0x80 | size) if size < 126 else \
        struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    masked = bytes(byte ^ _MASK[i % 4] for i, byte in enumerate(payload))
    return head + _MASK + masked


class WebSocket:
    """Connects from `source`, an address of this machine, and waits for its welcome."""

    def __init__(self, port, source):
        self.socket = socket.create_connection(("127.0.0.1", port), _PATIENCE, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        while b"\r\n\r\n" not in self._unread:
            self._receive()
        head, self._unread = self._unread.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise BenchError(f"the relay refuses a WebSocket: {head[:80]!r}")
        self.id = self.wait("welcome")["peerId"]

    def fileno(self):
        return self.socket.fileno()

    def send(self, message):
        self.socket.sendall(_frame(1, json.dumps(message).encode()))

    def messages(self):
        """What has arrived in whole."""
        while len(self._unread) >= 2:
            size, start = self._unread[1] & 0x7F, 2
            if size == 126:
                size, start = int.from_bytes(self._unread[2:4], "big"), 4
            if len(self._unread) < start + size:
                return
            opcode, payload = self._unread[0] & 0x0F, self._unread[start:start + size]
            self._unread = self._unread[start + size:]
            if opcode == 9:
                self.socket.sendall(_frame(10, payload))
            elif opcode == 1:
                yield json.loads(payload)

    def take(self):
        """After it became readable."""
        self._receive()
        return self.messages()

    def wait(self, kind):
        while True:
            for message in self.messages():
                if message["type"] == kind:
                    return message
            self._receive()

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise BenchError("the relay closed a WebSocket")
        self._unread += data


class Crowd:
    """Idle clients, 250 from each address."""

    def __init__(self, port, count):
        self.selector = selectors.DefaultSelector()
        for number in range(count):
            client = WebSocket(port, f"127.0.0.{2 + number // 250}")
            self.selector.register(client, selectors.EVENT_READ)

    def attend(self, until, also=None, on_message=None):
        """Answers pings until then; what comes for the client `also` goes to on_message."""
        if also:
            self.selector.register(also, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                for message in key.fileobj.take():
                    if key.fileobj is also:
                        on_message(message)
        if also:
            self.selector.unregister(also)

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.socket.close()
        self.selector.close()
