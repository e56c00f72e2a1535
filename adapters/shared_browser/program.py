"""Takes orders, and opens and closes accounts."""

import json
import os
import secrets
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QHostAddress
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile, qWebEngineChromiumVersion
from PySide6.QtWebSockets import QWebSocket, QWebSocketServer

from adapters.shared_browser.door import HOST, Door
from adapters.shared_browser.lodger import Lodger
from adapters.shared_browser.relay import Relay
from adapters.shared_browser.screen import Screen

END_LIMIT_S = 5.0
"""Closing takes 30 ms an account. Whoever ended our input may be dead, and nobody else ends us."""


@dataclass
class _Account:
    lodger: Lodger
    relay: Relay
    secret: str


class Program(QObject):
    """The shared browser."""

    ordered = Signal(str)
    """A line of the input; empty at its end."""

    def __init__(self, port: int, places: int) -> None:
        """`port` is the one of Qt's DevTools; as many accounts as `places` can be open at once."""
        super().__init__()
        self._accounts: dict[str, _Account] = {}
        self._free: list[QWebSocket] = []
        self._ending = False
        self._server = QWebSocketServer("linkwright", QWebSocketServer.SslMode.NonSecureMode)
        self._server.newConnection.connect(self._let_in)
        self._server.listen(QHostAddress(HOST), 0)
        # The port is there with the first page. This one is of nobody, and is kept in memory.
        self._profile = QWebEngineProfile()
        self._page = QWebEnginePage(self._profile)
        self._screen = Screen(self._page)
        self._door = Door(port, places, self._begin)
        self.ordered.connect(self._obey)
        threading.Thread(target=self._read, daemon=True).start()

    def _begin(self, connections: list[QWebSocket]) -> None:
        self._free = list(connections)
        _say(ready=qWebEngineChromiumVersion())

    def _read(self) -> None:
        for line in sys.stdin:
            self.ordered.emit(line)
        self.ordered.emit("")
        threading.Event().wait(END_LIMIT_S)
        os.killpg(0, signal.SIGKILL)

    def _obey(self, line: str) -> None:
        if not line:
            self._end()
            return
        order: dict[str, str] = json.loads(line)
        if "open" in order:
            self._open(order["open"], order)
        else:
            self._close(order["close"])

    def _open(self, name: str, order: dict[str, str]) -> None:
        if name in self._accounts or not self._free:
            why = "it is open" if name in self._accounts else "there is no place left"
            _say(refused=name, why=why)
            return
        try:
            lodger = Lodger(
                Path(order["folder"]),
                Path(order["presence"]),
                order["user_agent"],
                screen=self._screen,
                closed=lambda: self._forget(name),
            )
        except OSError as error:  # BlockingIOError: another program has it open
            _say(refused=name, why=str(error.strerror))
            return
        relay = Relay(self._free.pop(), lodger, ended=lambda: self._close(name))
        account = self._accounts[name] = _Account(lodger, relay, secrets.token_urlsafe(32))
        _say(opened=name, address=f"ws://{HOST}:{self._server.serverPort()}/{account.secret}")

    def _let_in(self) -> None:
        """Only whoever knows the secret of an account, and only once."""
        connection = self._server.nextPendingConnection()
        asked = connection.requestUrl().path().removeprefix("/").encode()
        for account in self._accounts.values():
            if (
                secrets.compare_digest(account.secret.encode(), asked)
                and not account.relay.is_connected
            ):
                account.relay.connect_to(connection)
                return
        connection.abort()
        connection.deleteLater()

    def _close(self, name: str) -> None:
        if name in self._accounts:
            self._accounts[name].lodger.close()
        else:
            _say(closed=name)

    def _forget(self, name: str) -> None:
        """Its files are closed: tell so, and use its connection for the next one."""
        account = self._accounts.pop(name)
        account.relay.leave()
        self._free.append(account.relay.browser)
        _say(closed=name)
        self._end_if_empty()

    def _end(self) -> None:
        self._ending = True
        for name in list(self._accounts):
            self._close(name)
        self._end_if_empty()

    def _end_if_empty(self) -> None:
        if self._ending and not self._accounts:
            # Nothing is open any more; Qt's own end would wait for what is only in memory.
            os._exit(0)


def _say(**news: Any) -> None:  # noqa: ANN401  see the package's words
    with suppress(BrokenPipeError):  # whoever listened is dead: close everything, and end
        sys.stdout.write(json.dumps(news) + "\n")
        sys.stdout.flush()
