"""What may happen while a browser is opened, by the domain's reasons."""

from collections.abc import Generator
from contextlib import contextmanager

from playwright.async_api import Error as PlaywrightError

from adapters.browser.host import LaunchFailed
from adapters.browser.profile import ProfileLocked
from adapters.browser.spec import NotRecorded
from domain.reasons import Reason


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
