"""What may happen while a browser is opened, by the domain's reasons.

LaunchFailed      no browser, or no page in it; carries the domain's reason
"""

from collections.abc import Generator
from contextlib import contextmanager

from playwright.async_api import Error as PlaywrightError

from adapters.browser.profile import ProfileLocked
from adapters.browser.spec import NotRecorded
from domain.reasons import Reason


class LaunchFailed(Exception):
    """There is no browser or no page. `detail` holds no secret."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


@contextmanager
def failing_by_name() -> Generator[None]:
    """Turn it into LaunchFailed."""
    try:
        yield
    except NotRecorded as error:
        raise LaunchFailed(Reason.STORAGE_UNAVAILABLE, str(error)) from error
    except ProfileLocked as error:
        raise LaunchFailed(Reason.PROFILE_LOCKED, str(error)) from error
    except PlaywrightError as error:
        raise LaunchFailed(Reason.BROWSER_CRASHED, "the browser ended while opening") from error
    except OSError as error:
        detail = f"the profile cannot be used: {error.strerror or type(error).__name__}"
        raise LaunchFailed(Reason.STORAGE_UNAVAILABLE, detail) from error


def launch_failed(error: PlaywrightError) -> LaunchFailed:
    """Translate Playwright's words, of which only the first line is free of paths and flags."""
    first_line = error.message.splitlines()[0] if error.message else "unknown"
    if "ProcessSingleton" in error.message or "profile appears to be in use" in error.message:
        return LaunchFailed(Reason.PROFILE_LOCKED, "the browser says that its profile is in use")
    if "Executable doesn't exist" in error.message or "ENOENT" in error.message:
        return LaunchFailed(Reason.BROWSER_MISSING, "the browser's program is not there any more")
    return LaunchFailed(Reason.BROWSER_CRASHED, f"launch: {first_line[:200]}")
