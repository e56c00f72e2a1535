"""A screen that nobody sees. A page is drawn only while it is on one, for its picture to be taken.

There is one, for one page after the other: Qt does not survive that a view is deleted.
"""

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWebEngineCore import QWebEnginePage
from PySide6.QtWebEngineWidgets import QWebEngineView

WIDTH, HEIGHT = 1280, 720
"""As Playwright's own pages are."""
LIMIT_MS = 5_000
"""A page that hangs is never drawn; nobody waits for its picture longer (Limits.screenshot_s)."""


class Screen:
    """Shows one page at a time; others wait for their turn."""

    def __init__(self, blank: QWebEnginePage) -> None:
        """`blank` is on the screen when nothing else is."""
        self._blank = blank
        self._view: QWebEngineView | None = None
        self._shown: QWebEnginePage | None = None
        self._waiting: deque[tuple[QWebEnginePage, Callable[[], None]]] = deque()
        self._limit = QTimer()
        self._limit.setSingleShot(True)
        self._limit.setInterval(LIMIT_MS)
        self._limit.timeout.connect(self._take_down)

    def show(self, page: QWebEnginePage, shown: Callable[[], None]) -> None:
        """Put the page on the screen when it is free, and call `shown` then."""
        self._waiting.append((page, shown))
        if self._shown is None:
            self._show_next()

    def free(self, page: QWebEnginePage) -> None:
        """Take the page off the screen, or out of those that wait."""
        self._waiting = deque(each for each in self._waiting if each[0] is not page)
        if self._shown is page:
            self._take_down()

    def _show_next(self) -> None:
        if not self._waiting:
            return
        page, shown = self._waiting.popleft()
        if self._view is None:  # most browsers never show anything
            self._view = QWebEngineView()
            self._view.resize(WIDTH, HEIGHT)
        self._view.setPage(page)
        self._view.show()
        self._shown = page
        self._limit.start()
        shown()

    def _take_down(self) -> None:
        page, self._shown = self._shown, None
        self._limit.stop()
        if page is None or self._view is None:
            return
        self._view.setPage(self._blank)
        self._view.hide()
        page.setVisible(True)  # for its clocks; see Lodger
        self._show_next()
