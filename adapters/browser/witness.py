"""What is kept of a failed attempt: a picture, the flight recorder, and what it all ran on.

Neither holds a code, a session, a name or a whole phone number (docs/decisions/evidence.md).
"""

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from adapters import clock
from adapters.browser.host import BrowserHost
from adapters.browser.intake import Intake
from adapters.browser.memory import available_memory_mb
from adapters.browser.narrator import Narrator
from adapters.browser.opened import AccountBrowser
from adapters.browser.recorder import Recorder
from adapters.browser.session_keeper import SessionKeeper
from adapters.browser.snapshot import redact_path
from adapters.browser.spec import Evidence, SessionSpec

Picture = Literal["taken", "no_page", "not_drawn", "too_large", "may_show_chats"]
"""Whether there is one, or why not."""
LARGEST_PICTURE = 256 * 1024
"""As much as is kept of one (evidence_store.py)."""


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """The piece `browser`: what the attempt ran on."""

    screenshot: Picture
    url: str
    """Without query, fragment and user."""
    flavour: str | None
    """None: no browser was found."""
    browser_version: str | None
    """None: none was started by this worker yet."""
    user_agent: str | None
    sandboxed: bool
    """The browser's own sandbox is on."""
    wa_js: str | None
    wa_js_in_page: str
    """Empty until it has run there."""
    whatsapp: str
    """Version of the page; empty until it has said so."""
    memory_available_mb: int | None


class Witness:
    """Of one session."""

    def __init__(
        self,
        host: BrowserHost,
        spec: SessionSpec,
        *,
        browser: AccountBrowser,
        narrator: Narrator,
        keeper: SessionKeeper,
        intake: Intake,
        recorder: Recorder,
    ) -> None:
        self._host = host
        self._spec = spec
        self._browser = browser
        self._narrator = narrator
        self._keeper = keeper
        self._intake = intake
        self._recorder = recorder
        self._picture: bytes | None = None
        self._looked: Picture = "no_page"
        self._url = spec.url

    async def look(self) -> None:
        """Take a picture of the page as it is now, within the limit of a screenshot."""
        tab = self._browser.tab
        self._picture = None
        if tab is None:
            self._looked = "no_page"
            return
        if tab.page.url.startswith("http"):  # not the browser's own error page
            self._url = tab.page.url
        if not self._may_be_seen():
            self._looked = "may_show_chats"
            return
        self._looked = "not_drawn"
        self._picture = await tab.picture(self._spec.limits.screenshot_s)
        if self._picture is not None:
            self._looked = "taken"
            if len(self._picture) > LARGEST_PICTURE:
                self._picture, self._looked = None, "too_large"

    def tell(self) -> Evidence:
        """Give everything, with the last picture."""
        if not self._may_be_seen():  # chats may have come on the screen while it was drawn
            self._picture, self._looked = None, "may_show_chats"
        if self._intake.refused:
            now_s = clock.monotonic_s()
            self._recorder.add(now_s, "refused_callbacks", dict(self._intake.refused))
        return Evidence(
            screenshot=self._picture,
            records=self._recorder.to_json(self._private_texts()),
            browser=msgspec.json.encode(self._circumstances()),
        )

    def _may_be_seen(self) -> bool:
        """Tell whether the page cannot show chats: it says so itself, or it has no session."""
        snapshot = self._narrator.snapshot
        mode = snapshot.mode if snapshot is not None else None
        if self._narrator.was_ready or mode == "MAIN":
            return False
        return mode is not None or not self._keeper.may_hold

    def _private_texts(self) -> tuple[str, ...]:
        """Texts that an error of the page may quote: who is linked, and the number to be linked."""
        snapshot = self._narrator.snapshot
        me = self._narrator.view.me or (snapshot and snapshot.me)
        known = (me.phone, me.name) if me else ()
        return tuple(text for text in (self._spec.pairing_phone, *known) if text)

    def _circumstances(self) -> Circumstances:
        host, snapshot = self._host, self._narrator.snapshot
        runs_on = host.runs_on(self._spec.account_id)
        return Circumstances(
            screenshot=self._looked,
            url=plain_url(self._url),
            flavour=runs_on.flavour if runs_on is not None else None,
            browser_version=runs_on.version if runs_on is not None else None,
            user_agent=runs_on.user_agent if runs_on is not None else None,
            sandboxed=host.sandboxed,
            wa_js=host.wa_js_version,
            wa_js_in_page=snapshot.wa_js if snapshot is not None else "",
            whatsapp=snapshot.whatsapp if snapshot is not None else "",
            memory_available_mb=available_memory_mb(),
        )


def plain_url(url: str) -> str:
    """Take out of an address whatever may be a secret: user, query, fragment, long words."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{port}{redact_path(parts.path)}"
