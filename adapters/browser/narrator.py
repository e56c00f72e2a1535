"""Tells the domain what a page shows: keeps the view, and hands over only what is news."""

import asyncio
import hashlib
import hmac
import random
from collections.abc import Callable

from adapters import clock
from adapters.browser.interpret import interpret
from adapters.browser.recorder import Recorder
from adapters.browser.session_keeper import SessionKeeper
from adapters.browser.snapshot import PageSnapshot, redact
from adapters.browser.spec import NotRecorded, Record, SessionSpec, ShowCode
from adapters.browser.view import Context, View
from domain.observations import (
    Observation,
    RecordLogout,
    RecordPairingCode,
    RecordProblem,
    RecordQr,
    RecordReady,
)
from domain.reasons import Reason

FINGERPRINT_DIGITS = 32
"""128 bits of HMAC-SHA256: nobody finds a second code or number for one, nor guesses the key."""
SHORT_DIGITS = 8


def fingerprint_with(key: bytes) -> Callable[[str, str], str]:
    """Return the keyed fingerprint of (kind, text)."""

    def fingerprint(kind: str, text: str) -> str:
        digest = hmac.new(key, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()
        return digest[:FINGERPRINT_DIGITS]

    return fingerprint


class Narrator:
    """Not used by two tasks at once: order matters."""

    def __init__(
        self,
        spec: SessionSpec,
        recorder: Recorder,
        *,
        record: Record,
        show_code: ShowCode,
        keeper: SessionKeeper | None = None,
    ) -> None:
        self.view = View()
        self.snapshot: PageSnapshot | None = None
        self.was_ready = False
        """Once true the screen shows private chats."""
        self.logged_out = asyncio.Event()
        self.logout_asked = False
        self.silent = False
        """Once true nothing is handed over any more."""
        self._seen_at = clock.now()
        self._spec = spec
        self._fingerprint = fingerprint_with(spec.fingerprint_key)
        self._recorder = recorder
        self._record = record
        self._show_code = show_code
        self._keeper = keeper

    async def tell(self, snapshot: PageSnapshot, boot: str) -> None:
        """Hand over what is new in this look; NotRecorded leaves the view as it was."""
        if snapshot != self.snapshot:
            self._seen_at = clock.now()
            self._keep(snapshot)
        self.snapshot = snapshot
        if snapshot.authenticated and self._keeper is not None:
            self._keeper.logged_in()
        view, seen = interpret(self.view, snapshot, self._context(boot))
        for observation in seen:
            await self._hand_over(observation, snapshot)
        self.view = view

    async def tell_again(self) -> None:
        """Look at the last snapshot once more, now that time has passed."""
        if self.snapshot is not None:
            await self.tell(self.snapshot, self.view.boot)

    async def insist(self, observation: Observation) -> None:
        """Hand over something that nobody will repeat, until it is taken."""
        while not self.silent:
            try:
                await self._record(observation)
            except NotRecorded:
                await asyncio.sleep(self._spec.limits.retry_s)
            else:
                return

    def problem(self, reason: Reason, detail: str) -> RecordProblem:
        return RecordProblem(
            at=clock.now(),
            attempt=self._spec.attempt_id,
            reason=reason,
            detail=detail,
            jitter=_jitter(),
        )

    async def _hand_over(self, observation: Observation, snapshot: PageSnapshot) -> None:
        if self.silent:  # the callback before has stopped the session
            raise NotRecorded("the session is closing")
        if self._keeper is not None:
            for first in await self._keeper.before(observation):
                await self._record(first)
        text = None
        if isinstance(observation, RecordQr) and snapshot.code:
            text = snapshot.code.text
        if isinstance(observation, RecordPairingCode):
            text = snapshot.pairing_code
        # The vault first: whoever hears of a code may ask for it at once.
        if text is not None and isinstance(observation, RecordQr | RecordPairingCode):
            await self._show_code(
                attempt=observation.attempt,
                fingerprint=observation.fingerprint,
                text=text,
                expires_at=observation.expires_at,
            )
        if isinstance(observation, RecordReady):
            self.was_ready = True
        await self._record(observation)
        if self._keeper is not None:
            self._keeper.after(observation)
        if isinstance(observation, RecordLogout):
            self.logged_out.set()

    def _context(self, boot: str) -> Context:
        spec = self._spec
        return Context(
            at=clock.now(),
            seen_at=self._seen_at,
            now_s=clock.monotonic_s(),
            attempt=spec.attempt_id,
            boot=boot,
            fingerprint=self._fingerprint,
            method=spec.method,
            code_life_scale=spec.code_life_scale,
            offline_after_s=spec.limits.offline_after_s,
            come_back_s=spec.limits.come_back_s,
            logout_asked=self.logout_asked,
            jitter=_jitter(),
        )

    def _keep(self, snapshot: PageSnapshot) -> None:
        shown = snapshot.code.text if snapshot.code else snapshot.pairing_code or ""
        short = self._fingerprint("code", shown)[:SHORT_DIGITS] if shown else ""
        self._recorder.add(clock.monotonic_s(), "snapshot", redact(snapshot, short))


def _jitter() -> float:
    return random.random()  # noqa: S311  it spreads reconnects; nobody gains by guessing it
