"""One account in the shared browser: its profile, its pages, their processes."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEnginePermission,
    QWebEngineProfile,
    QWebEngineProfileBuilder,
    QWebEngineSettings,
)

from adapters.shared_browser.pages import PageProcesses
from adapters.shared_browser.presence import Presence
from adapters.shared_browser.screen import Screen

LOOK_MS = 20
PATIENCE_LOOKS = 50
"""A second. A page's process that has not ended by then is killed; it may be stopped, or hang."""
_ON = QWebEngineSettings.WebAttribute
SWITCHED_OFF = (
    _ON.AutoLoadIconsForPage,
    _ON.JavascriptCanOpenWindows,
    _ON.PdfViewerEnabled,
    _ON.PluginsEnabled,
    _ON.ScreenCaptureEnabled,
)


class Lodger:
    """Open from the start; `close` ends it, and `closed` is called once no file is open."""

    def __init__(
        self,
        folder: Path,
        presence: Path,
        user_agent: str,
        *,
        screen: Screen,
        closed: Callable[[], None],
    ) -> None:
        """`folder` is what Chromium calls a profile. Raises BlockingIOError, OSError."""
        self._folder = folder
        self._screen = screen
        self._closed = closed
        self._presence = Presence(presence)
        self._pages: dict[str, QWebEnginePage] = {}
        self._processes = PageProcesses()
        self._looks = 0
        self._looking: QTimer | None = None
        self._profile: QWebEngineProfile | None = _profile(folder, user_agent)

    def open_page(self) -> str:
        """Open an empty page; give the name that DevTools have for it."""
        page = QWebEnginePage(self._profile)
        page.setVisible(True)  # what is not on show has slow clocks
        page.permissionRequested.connect(_deny)
        page.loadStarted.connect(self._note_processes)
        page.urlChanged.connect(self._note_processes)  # another site, another process
        page.loadFinished.connect(self._note_processes)
        page.setUrl(QUrl("about:blank"))
        name = page.devToolsId()
        self._pages[name] = page
        return name

    def _note_processes(self) -> None:
        """Learn who runs the pages; Qt tells of it neither at first nor of another one always."""
        if self._processes.note(page.renderProcessPid() for page in self._pages.values()):
            self._presence.tell(self._processes.alive())

    def close_page(self, name: str) -> None:
        """Close a page; nothing if it is closed."""
        self.cover(name)
        page = self._pages.pop(name, None)
        if page is not None:
            page.deleteLater()

    def show(self, name: str, shown: Callable[[], None]) -> None:
        """Have a page drawn, for its picture to be taken; `shown` is called when it is."""
        if name in self._pages:
            self._screen.show(self._pages[name], shown)

    def cover(self, name: str) -> None:
        """Have a page drawn no more."""
        if name in self._pages:
            self._screen.free(self._pages[name])

    def close(self) -> None:
        """Write everything and close. May be repeated."""
        profile, self._profile = self._profile, None
        if profile is None:
            return
        self._note_processes()
        for name in list(self._pages):
            self.close_page(name)
        QTimer.singleShot(0, profile.deleteLater)  # after its pages, which are deleted later too
        looking = self._looking = QTimer()
        looking.timeout.connect(self._look)
        looking.start(LOOK_MS)

    def _look(self) -> None:
        """Wait until the profile's files are closed and the pages' processes are gone."""
        self._looks += 1
        if self._looks > PATIENCE_LOOKS:
            self._processes.kill()
        if self._processes.alive() or _is_open(self._folder) or self._looking is None:
            return
        self._looking.stop()
        self._looking = None
        self._presence.give_up()
        self._closed()


def _deny(asked: QWebEnginePermission) -> None:
    asked.deny()


def _profile(folder: Path, user_agent: str) -> QWebEngineProfile:
    # A profile that is told of its folder later has made one of its name in the user's home.
    builder = QWebEngineProfileBuilder()
    builder.setPersistentStoragePath(str(folder))
    builder.setCachePath(str(folder / "Cache"))
    builder.setHttpCacheType(QWebEngineProfile.HttpCacheType.MemoryHttpCache)
    builder.setPersistentPermissionsPolicy(
        QWebEngineProfile.PersistentPermissionsPolicy.AskEveryTime
    )
    profile = builder.createProfile(folder.parent.parent.name)  # with a name it is kept on disk
    profile.setHttpUserAgent(user_agent)
    for attribute in SWITCHED_OFF:
        profile.settings().setAttribute(attribute, False)  # noqa: FBT003  Qt's own
    return profile


def _is_open(folder: Path) -> bool:
    """Tell whether this process has a file below the folder open; it alone writes there."""
    inside = str(folder) + "/"
    for entry in os.scandir("/proc/self/fd"):
        with suppress(OSError):
            if str(Path(entry.path).readlink()).startswith(inside):
                return True
    return False
