"""Stands between Playwright and the browser: shows it one account, as a browser of its own.

Qt's DevTools know all pages of all profiles and neither open nor close any. So the few commands
that are about the browser are answered here; what is about a page is passed on unread.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWebSockets import QWebSocket

from adapters.shared_browser.lodger import Lodger
from adapters.shared_browser.screen import HEIGHT, WIDTH

OURS = 1_000_000_000
"""Numbers of our own commands are above it; Playwright counts its own from 1."""
_OURS = re.compile(r'\{"id":1\d{9},')
"""How an answer to one of ours begins. What is longer is not parsed to find that out."""
VIEWPORT = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
"""A page that is on no screen has no size of its own."""


class Relay:
    """One account's. `ended` is called when Playwright has gone."""

    def __init__(self, browser: QWebSocket, lodger: Lodger, ended: Callable[[], None]) -> None:
        self.browser = browser
        self._lodger = lodger
        self._ended = ended
        self._playwright: QWebSocket | None = None
        self._holder = QObject()
        """Owns that connection. Python would keep what the server owns until the server's end."""
        self._count = OURS
        self._attaching: dict[int, tuple[str, str]] = {}
        """Number of our command -> the page, and what Playwright is told when it is attached."""
        self._sessions: dict[str, str] = {}
        """Session of DevTools -> page."""
        self._pictured: dict[str, str] = {}
        """How the answer begins that carries a picture -> the page that is drawn for it."""
        self._first = lodger.open_page()
        browser.textMessageReceived.connect(self._from_browser)

    def connect_to(self, playwright: QWebSocket) -> None:
        """Serve this connection; there is one in a relay's life."""
        self._playwright = playwright
        playwright.setParent(self._holder)
        playwright.textMessageReceived.connect(self._from_playwright)
        playwright.disconnected.connect(self._ended)

    @property
    def is_connected(self) -> bool:
        """Tell whether Playwright has come."""
        return self._playwright is not None

    def leave(self) -> None:
        """Free the connection to the browser for another account; Playwright is told to go."""
        self.browser.textMessageReceived.disconnect(self._from_browser)
        playwright, self._playwright = self._playwright, None
        if playwright is not None:
            playwright.disconnected.disconnect(self._ended)
            playwright.close()
        self._holder.deleteLater()

    # --- what Playwright says -------------------------------------------------------------

    def _from_playwright(self, text: str) -> None:
        said: dict[str, Any] = json.loads(text)
        session = said.get("sessionId")
        if session is None:
            self._answer(text, said)
            return
        if said["method"] == "Page.captureScreenshot" and session in self._sessions:
            self._take_picture(self._sessions[session], text, said["id"])
            return
        self.browser.sendTextMessage(text)

    def _take_picture(self, page: str, text: str, number: int) -> None:
        """Pass the command on as soon as the page is drawn, and until the answer has come."""

        def shown() -> None:
            self._pictured[f'{{"id":{number},'] = page
            self.browser.sendTextMessage(text)

        self._lodger.show(page, shown)

    def _answer(self, text: str, said: dict[str, Any]) -> None:
        match said["method"]:
            case "Target.setAutoAttach":
                self._attach(self._first, _result(said, {}))
            case "Target.createTarget":
                page = self._lodger.open_page()
                self._attach(page, _result(said, {"targetId": page}))
            case "Target.closeTarget":
                self._lodger.close_page(said["params"]["targetId"])
                self._tell(_result(said, {"success": True}))
            case "Browser.setDownloadBehavior":  # Qt knows no such thing, and downloads nothing
                self._tell(_result(said, {}))
            case "Browser.close":
                self._tell(_result(said, {}))
                self._ended()
            case _:
                self.browser.sendTextMessage(text)

    def _attach(self, page: str, answer: str) -> None:
        """Have DevTools tell us of the page. Only then comes the answer, as Chromium does it."""
        number = self._command("Target.attachToTarget", {"targetId": page, "flatten": True})
        self._attaching[number] = (page, answer)

    def _command(self, method: str, params: dict[str, Any], session: str | None = None) -> int:
        self._count += 1
        command = {"id": self._count, "method": method, "params": params}
        self.browser.sendTextMessage(
            json.dumps(command if session is None else command | {"sessionId": session})
        )
        return self._count

    # --- what the browser says ------------------------------------------------------------

    def _from_browser(self, text: str) -> None:
        if _OURS.match(text):
            self._hear_answer(json.loads(text))
            return
        for begins in self._pictured:
            if text.startswith(begins):
                self._lodger.cover(self._pictured.pop(begins))
                break
        self._tell(text)

    def _hear_answer(self, heard: dict[str, Any]) -> None:
        page, answer = self._attaching.pop(heard["id"], ("", ""))
        if not page:
            return
        if "result" in heard:
            session = heard["result"]["sessionId"]
            self._sessions[session] = page
            self._command("Emulation.setDeviceMetricsOverride", VIEWPORT, session)
        self._tell(answer)

    def _tell(self, text: str) -> None:
        if self._playwright is not None:
            self._playwright.sendTextMessage(text)


def _result(said: dict[str, Any], result: dict[str, Any]) -> str:
    return json.dumps({"id": said["id"], "result": result})
