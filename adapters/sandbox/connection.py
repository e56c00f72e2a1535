"""One open WebSocket of a stand-in page, and the WhatsApp server at its other end."""

import asyncio
import base64
import secrets
from collections.abc import Coroutine

import msgspec

from adapters.sandbox import protocol as say
from adapters.sandbox.accounts import Account, PageVisit
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.linked_devices import Device
from adapters.sandbox.pairing import Pairing
from adapters.sandbox.qr_dots import qr_dots
from adapters.sandbox.scenes import Behaviour, Mishap
from adapters.sandbox.settings import SandboxSettings

CODES_IN_A_SET = 6  # design/browser-findings.md 2.2, as are the next two
FIRST_CODE_S = 60.0
LATER_CODE_S = 20.0
PAIRING_CODE_S = 180.0  # clients are told to ask for a new one after 3 min
REFUSAL_S = 1.0  # a person who refuses needs a moment
SYNC_STEPS = 5
OUTGOING_LIMIT = 1000  # messages; a page that reads none of them is gone


class Shown(msgspec.Struct, frozen=True):
    ref: str
    text: str


class PageConnection:
    def __init__(
        self, account: Account, settings: SandboxSettings, tasks: asyncio.TaskGroup
    ) -> None:
        self.account = account
        self.outgoing: asyncio.Queue[say.Message | None] = asyncio.Queue(OUTGOING_LIMIT)
        self.state = say.StateReported(socket="OPENING", mode=None, info="OPENING")
        self.device_id: str | None = None
        self.refs: list[str] = []
        self.shown: Shown | None = None
        self.turn = 0  # index into `refs` of the code that the page was seen to show last
        self.pairing_code: say.PairingCodeStarted | None = None
        self.hello: say.Hello | None = None
        self._settings = settings
        self._tasks = tasks
        self._visit: PageVisit | None = None
        self.pairing = Pairing(self)
        self._deliveries = Deliveries(self)

    @property
    def behaviour(self) -> Behaviour:
        return self._visit.behaviour if self._visit else Behaviour()

    @property
    def scene(self) -> str:
        return self._visit.scene if self._visit else "normal"

    def send(self, message: say.Message) -> None:
        if self.outgoing.full():
            self.hang_up()
        else:
            self.outgoing.put_nowait(message)

    def hang_up(self) -> None:
        if self.outgoing.full():
            self.outgoing.get_nowait()
        self.outgoing.put_nowait(None)

    def start(self, work: Coroutine[object, object, None]) -> None:
        self._tasks.create_task(work)

    def scaled(self, seconds: float) -> float:
        return self._settings.scaled(seconds)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(self.scaled(seconds))

    def accepts(self, ref: str) -> bool:
        """Whether a phone may scan it: it is on show, or the page is about to tell us that it is.

        A client in the page can hand a code out before the page's own message is here.
        """
        return ref in self.refs and self.refs.index(ref) >= self.turn

    def restart_as(self, device: Device, ref: str | None) -> None:
        """The real server ends the stream with code 515; the page comes back with its login."""
        if self._visit is not None:
            self._visit.linked_here.add(device.device_id)
        if ref is not None:
            self.account.used_refs.append(ref)
        self._retire_codes()
        self.hang_up()

    def closed(self) -> None:
        self.pairing.abandon()
        self._retire_codes()

    async def receive(self, message: say.FromPage) -> None:
        match message:
            case say.Hello():
                self._greet(message)
            case say.DrawCode():
                await self._draw(message)
            case say.CodesRanOut():
                self._retire_codes()
            case say.RefreshCodes():
                self._issue_codes()
            case say.PairAnswered() | say.PairingCodeStarted() | say.PasskeyGiven():
                self._hear_of_pairing(message)
            case say.StateReported():
                self.state = message
            case say.Logout():
                self._log_out()
            case say.SendMessage() | say.AskNumber():
                self._deliveries.receive(message)

    def _hear_of_pairing(
        self, message: say.PairAnswered | say.PairingCodeStarted | say.PasskeyGiven
    ) -> None:
        match message:
            case say.PairAnswered():
                self.pairing.conclude(verified=message.verified)
            case say.PairingCodeStarted():
                self.pairing_code, self.shown = message, None
                self.start(self._expire(message))
            case say.PasskeyGiven():
                self.pairing.answer_passkey(approved=True)

    async def _expire(self, code: say.PairingCodeStarted) -> None:
        await self.wait(PAIRING_CODE_S)
        if self.pairing_code is code:
            self.pairing_code = None
            self.send(say.PairingCodeExpired())

    # Login.

    def _greet(self, hello: say.Hello) -> None:
        self.hello = hello
        self._visit = self.account.visited(hello.page_id)
        if self.behaviour.outdated:
            self.send(say.Outdated())
        elif hello.login is None:
            self._issue_codes()
        else:
            self._log_in(hello.login, self._visit)

    def _log_in(self, login: say.Login, visit: PageVisit) -> None:
        device = self.account.device(login.device_id)
        resumed = login.device_id not in visit.linked_here
        if self.behaviour.login == "unanswered":
            return
        if device is None or not device.accepts(login.token):
            self.send(say.LoggedOut(reason="unknown_companion"))
        elif resumed and self.behaviour.login == "refused":
            self.device_id = device.device_id
            self.account.remove_device(device.device_id, "unknown_companion")
        elif self.behaviour.login == "open_elsewhere":
            self.send(say.Conflict())
        elif self.behaviour.banned is not None:
            self.ban(self.behaviour.banned, self.behaviour.ban_expires_in_s)
        else:
            self._take_place(device)
            self.send(say.LoggedIn(resumed=resumed))
            self.start(self._sync(device, resumed=resumed))

    def ban(self, form: str, expires_in_s: int) -> None:
        self.send(say.Banned(form=form, expires_in_s=expires_in_s))

    def _take_place(self, device: Device) -> None:
        """One device, one page: whoever logs in last has it."""
        for other in self.account.usable:
            if other is not self and other.device_id == device.device_id:
                self.account.conflicts += 1
                other.send(say.Conflict())
                other.device_id = None
        self.device_id = device.device_id

    async def _sync(self, device: Device, *, resumed: bool) -> None:
        behaviour = self.behaviour
        sync_s = behaviour.resumed_sync_s if resumed else behaviour.sync_s
        for step in range(SYNC_STEPS + 1):
            percent = 100 * step // SYNC_STEPS
            stop = behaviour.sync_stops_at_percent
            if stop is not None and percent > stop:
                self.send(say.SyncProgressed(percent=stop))
                return
            self.send(say.SyncProgressed(percent=percent))
            await self.wait(sync_s / (SYNC_STEPS + 1))
        known = say.Identified(phone_number=device.phone_number, lid=device.lid, name=device.name)
        self._deliveries.tell_history()
        if behaviour.number_after_s == 0:
            self.send(known)
        self.send(say.SyncFinished())
        if not self.account.phone_online:
            self.send(say.PhoneUnreachable())
        self._deliveries.resume()
        self._schedule_mishap("ready")
        if behaviour.number_after_s:
            await self.wait(behaviour.number_after_s)
            self.send(known)

    def _log_out(self) -> None:
        if self.device_id is not None:
            self.account.remove_device(self.device_id, "user_initiated")
        else:
            self.send(say.LoggedOut(reason="user_initiated"))

    # Codes.

    def _issue_codes(self) -> None:
        self._retire_codes()
        if self.behaviour.codes == "withheld":
            return
        if not self._codes_are_refused():
            self.refs = [_new_ref() for _ in range(CODES_IN_A_SET)]
        self.send(
            say.CodesIssued(
                refs=self.refs,
                first_s=self.scaled(FIRST_CODE_S),
                later_s=self.scaled(LATER_CODE_S),
            )
        )

    def _retire_codes(self) -> None:
        self.account.old_refs.extend(self.refs)
        self.refs, self.turn = [], 0
        self.shown = self.pairing_code = None

    def _codes_are_refused(self) -> bool:
        first = self._visit is not None and self._visit.sets_of_codes == 0
        if self._visit is not None:
            self._visit.sets_of_codes += 1
        codes = self.behaviour.codes
        return codes == "none_ever" or (codes == "none_at_first" and first)

    async def _draw(self, message: say.DrawCode) -> None:
        if message.ref not in self.refs:
            return
        self.turn = self.refs.index(message.ref)
        self.shown = Shown(message.ref, message.text)
        rows = await asyncio.to_thread(qr_dots, message.text)
        self.send(say.CodeDrawn(drawing=message.drawing, rows=rows))
        self._schedule_mishap("qr")

    async def reject(self) -> None:
        """The person with the phone looks at the code and taps cancel."""
        self.send(say.PairingStarted())
        await self.wait(REFUSAL_S)
        self.send(say.PairingCancelled())

    # Mishaps.

    def _schedule_mishap(self, moment: str) -> None:
        mishap = self.behaviour.mishap
        if mishap is None or mishap.at != moment or self._visit is None or self._visit.mishap_began:
            return
        self._visit.mishap_began = True
        self.start(self._suffer(mishap))

    async def _suffer(self, mishap: Mishap) -> None:
        await self.wait(mishap.after_s)
        match mishap.what:
            case "crash" | "hang" | "fall_silent":
                self.send(say.Misbehave(how=mishap.what))
            case "conflict":
                self.device_id = None
                self.send(say.Conflict())
            case "logged_out":
                if self.device_id is not None:
                    self.account.remove_device(self.device_id, "unknown_companion")


def _new_ref() -> str:
    return f"2@{base64.b64encode(secrets.token_bytes(48)).decode()}"
