"""One account's page, from launch to close."""

from adapters.browser.host import BrowserHost
from adapters.browser.spec import Evidence, OnAck, Record, SentMessage, SessionSpec, ShowCode


class LinkSession:
    """Drives one attempt. Everything it sees goes to `record`, in the page's order.

    `record` and `show_code` may call any operation here, `stop` included. After `stop` has returned
    (also when it was cancelled) no callback is called and no process is left.
    """

    def __init__(
        self,
        spec: SessionSpec,
        host: BrowserHost,
        *,
        record: Record,
        show_code: ShowCode,
        on_ack: OnAck | None = None,
    ) -> None:
        raise NotImplementedError

    async def start(self) -> bool:
        """Launch and open the page.

        False: it did not work, the RecordProblem that says why has been recorded, nothing is left
        running. Cancelling it frees everything.
        """
        raise NotImplementedError

    async def wait_closed(self) -> None:
        """Wait until the session is over: stopped, or ended by itself after a crash or a hang.

        Raises what a callback raised, if that is what ended it.
        """
        raise NotImplementedError

    async def stop(self) -> None:
        """Close cleanly within a limit, then kill; the profile is free afterwards. May be repeated.

        A page that became READY less than 5 s ago keeps its link only by this clean close.
        """
        raise NotImplementedError

    async def refresh_codes(self) -> None:
        """Ask the page for new codes, after RecordCodesExhausted."""
        raise NotImplementedError

    async def request_pairing_code(self, phone: str) -> None:
        """Ask for a pairing code for this number; it arrives as RecordPairingCode.

        With `method="pairing_code"` the session does so by itself once the page can.
        """
        raise NotImplementedError

    async def take_over(self) -> None:
        """Answer WhatsApp's "use here"."""
        raise NotImplementedError

    async def logout(self) -> bool:
        """Unlink. True: the page has confirmed it and RecordLogout has been recorded."""
        raise NotImplementedError

    async def send_text(self, to: str, text: str) -> SentMessage:
        """Send to a phone number (digits with country code)."""
        raise NotImplementedError

    async def evidence(self) -> Evidence:
        """Gather what may be kept of this attempt; works after the end, then without picture."""
        raise NotImplementedError
