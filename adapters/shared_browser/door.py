"""The way into the browser: taken once, and then shut for everybody.

Chromium's DevTools can do whatever the user of a page can, and Qt offers them at a port of this
machine that asks nobody who he is. So before there is any account, we connect as often as accounts
are to come, shut the port, and see that nobody else came in meanwhile. The connections are used
again and again; `relay` lets in whoever knows a secret.
"""

import json
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtNetwork import QTcpSocket
from PySide6.QtWebSockets import QWebSocket

HOST = "127.0.0.1"
AGAIN_MS = 20
"""The port is there some milliseconds after the first page."""
TAKEN = 3
"""What the program ends with when somebody else came in."""
LISTENS, ESTABLISHED = "0A", "01"
"""Of /proc/net/tcp."""


class Door:
    """Gets the connections. `opened` is called with all of them once the port is shut."""

    def __init__(self, port: int, count: int, opened: Callable[[list[QWebSocket]], None]) -> None:
        self._port = port
        self._count = count
        self._opened = opened
        self._asked = QTcpSocket()
        self._heard = b""
        self._connections: list[QWebSocket] = []
        self._asked.connected.connect(self._say)
        self._asked.readyRead.connect(self._hear)
        self._asked.errorOccurred.connect(self._ask_again)
        self._ask()

    def _ask(self) -> None:
        """Ask for the secret address that DevTools have given themselves."""
        self._asked.connectToHost(HOST, self._port)

    def _ask_again(self) -> None:
        if not self._connections:
            QTimer.singleShot(AGAIN_MS, self._ask)

    def _say(self) -> None:
        request = f"GET /json/version HTTP/1.1\r\nHost: {HOST}:{self._port}\r\n\r\n"
        self._asked.write(request.encode())

    def _hear(self) -> None:
        self._heard += bytes(self._asked.readAll().data())
        with suppress(ValueError):  # there is more to come
            answer = json.loads(self._heard.partition(b"\r\n\r\n")[2])
            self._connect(str(answer["webSocketDebuggerUrl"]))
            self._asked.abort()

    def _connect(self, address: str) -> None:
        """Connect once more, or shut the port.

        One after the other: Chromium lets few wait, and whoever comes after them waits for seconds.
        """
        if len(self._connections) == self._count:
            _shut(self._port)
            QTimer.singleShot(AGAIN_MS, self._look)  # whoever was just let in is seen by then
            return
        connection = QWebSocket()
        connection.connected.connect(lambda: self._connect(address))
        self._connections.append(connection)
        connection.open(QUrl(address))

    def _look(self) -> None:
        """Go on if we are alone in here. Otherwise this browser must not be used."""
        ours = {connection.localPort() for connection in self._connections}
        others = {peer for _, state, peer in _sockets_at(self._port) if state == ESTABLISHED} - ours
        if others:
            sys.stderr.write(f"{len(others)} others have connected to the browser\n")
            sys.stderr.flush()
            os._exit(TAKEN)
        self._opened(self._connections)


def _shut(port: int) -> None:
    """End the listening; Chromium's loop of accepting ends with it."""
    for descriptor, state, _ in _sockets_at(port):
        if state == LISTENS:
            with socket.socket(fileno=os.dup(descriptor)) as listening:
                listening.shutdown(socket.SHUT_RD)


def _sockets_at(port: int) -> list[tuple[int, str, int]]:
    """Give descriptor, state and the peer's port of this process's sockets at a local port."""
    found: dict[str, tuple[str, int]] = {}
    for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        local, remote, state = fields[1:4]
        if int(local.partition(":")[2], 16) == port:
            found[f"socket:[{fields[9]}]"] = (state, int(remote.partition(":")[2], 16))
    sockets: list[tuple[int, str, int]] = []
    for entry in os.scandir("/proc/self/fd"):
        with suppress(OSError):
            named = str(Path(entry.path).readlink())
            if named in found:
                sockets.append((int(entry.name), *found[named]))
    return sockets
