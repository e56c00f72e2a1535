"""The machine's browsers: one Playwright driver, how browsers are launched, how many at once."""

from types import TracebackType
from typing import Self

from adapters.browser.discovery import BrowserChoice


class BrowserHost:
    """Launches browsers. Use as an async context manager; on exit every browser is closed."""

    def __init__(
        self,
        browser: BrowserChoice | None,
        wa_js: str,
        *,
        starts_at_once: int | None = None,
        spacing_s: float = 0.5,
    ) -> None:
        """`wa_js` is the bundle's text. `starts_at_once` None means one per core."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise NotImplementedError
