"""A session at work on the sandbox's page, what it told us, and the phone in the other hand."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from adapters.browser.host import BrowserHost
from adapters.browser.processes import BrowserProcesses, presence_of
from adapters.browser.session import LinkSession
from adapters.browser.spec import (
    Limits,
    MessageAck,
    NotRecorded,
    ReceivedMessage,
    SendFailed,
    SessionSpec,
    SpecFile,
    SpecMessage,
)
from adapters.shared_browser.presence import present
from domain.message_reasons import whatsapp_id_of
from domain.observations import Observation, RecordProblem, RecordQr, RecordReady
from tests.browser_adapter.stores import Shelf, Store
from tests.shared_browser.running import marked_pages
from tests.waiting import LIMIT_S, eventually

SCALE = 20  # the first code lives 3 s, later ones 1 s
NUMBER = "491701234567"
OTHER = "491709999999"
KEY = b"a key of the tests, 32 bytes long"
T = TypeVar("T", bound=Observation)


class Phone:
    """The sandbox's phone of one account."""

    def __init__(self, control: httpx.AsyncClient, account: str) -> None:
        self.account = account
        self._control = control
        self._path = f"/control/accounts/{account}"

    async def does(self, path: str, **body: object) -> None:
        """Drive the phone or the server; it must work."""
        answer = await self._control.post(self._path + path, json=body or None)
        assert answer.is_success, answer.text

    async def plays(self, scene: str, times: int | None = 1, **params: object) -> None:
        """Choose the scene of the next page that is loaded."""
        body = {"name": scene, "params": params, "times": times}
        answer = await self._control.put(f"{self._path}/scene", json=body)
        assert answer.is_success, answer.text

    async def sees(self) -> Any:  # noqa: ANN401  the sandbox's own words
        """Look at the account as the server sees it."""
        return (await self._control.get(self._path)).json()

    async def enters(self, code: str) -> httpx.Response:
        """Type a pairing code."""
        body = {"phone_number": NUMBER, "code": code}
        return await self._control.post(f"{self._path}/phone/enter-pairing-code", json=body)

    async def scan(self, text: str) -> httpx.Response:
        """Scan the code that somebody handed out."""
        body = {"phone_number": NUMBER, "qr": text}
        return await self._control.post(f"{self._path}/phone/scan", json=body)


class Driven:
    """A LinkSession whose callbacks write down what they hear."""

    def __init__(
        self, host: BrowserHost, spec: SessionSpec, profiles: Path, shelf: Shelf | None = None
    ) -> None:
        self.spec = spec
        self.heard: list[Observation] = []
        self.codes: dict[str, str] = {}
        """Fingerprint -> text, as a vault keeps them."""
        self.acks: list[MessageAck] = []
        self.messages: list[ReceivedMessage] = []
        self.storage_is_away = False
        self.then: Callable[[Observation], Awaitable[None]] | None = None
        """What else a test wants to happen when something is recorded."""
        self.folder = profiles / spec.account_id / "browser"
        self.processes = BrowserProcesses(self.folder)
        self._news = asyncio.Condition()
        self.session = LinkSession(
            host,
            spec,
            record=self.record,
            show_code=self.show_code,
            on_ack=self.on_ack,
            on_message=self.on_message,
            store=None if shelf is None else Store(shelf),
        )

    @property
    def is_shared(self) -> bool:
        """Tell whether it runs in a browser with other accounts."""
        return present(presence_of(self.folder)) is not None

    def pages(self) -> set[int]:
        """Find the processes that run the account's pages."""
        if self.is_shared:
            return marked_pages(self.folder)
        return {
            pid
            for pid in self.processes.running()
            if "--type=renderer" in Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        }

    async def record(self, observation: Observation) -> None:
        self._need_storage()
        if isinstance(observation, RecordQr):
            assert observation.fingerprint in self.codes, "told before it was in the vault"
        async with self._news:
            self.heard.append(observation)
            self._news.notify_all()
        if self.then is not None:
            await self.then(observation)

    async def show_code(
        self, *, attempt: str, fingerprint: str, text: str, expires_at: datetime
    ) -> None:
        assert attempt == self.spec.attempt_id
        assert expires_at.tzinfo is not None
        self.codes[fingerprint] = text

    async def on_ack(self, ack: MessageAck) -> None:
        self._need_storage()
        async with self._news:
            self.acks.append(ack)
            self._news.notify_all()

    async def on_message(self, message: ReceivedMessage) -> None:
        self._need_storage()
        async with self._news:
            self.messages.append(message)
            self._news.notify_all()

    def _need_storage(self) -> None:
        if self.storage_is_away:
            raise NotRecorded("the log is away")

    async def hears(self, kind: type[T], *, after: int = 0, **facts: object) -> T:
        """Wait for an observation of this kind with these facts, the `after` first passed over."""

        def found() -> T | None:
            for one in self.heard[after:]:
                if isinstance(one, kind) and all(getattr(one, k) == v for k, v in facts.items()):
                    return one
            return None

        async with self._news, asyncio.timeout(LIMIT_S):
            await self._news.wait_for(found)
        seen = found()
        assert seen is not None
        return seen

    async def problem(self) -> RecordProblem:
        """Wait for the trouble that ends it all."""
        return await self.hears(RecordProblem)

    def kinds(self) -> list[str]:
        """Name everything heard so far."""
        return [type(one).__name__ for one in self.heard]

    async def sends(
        self, text: str = "Hello", *, to: str = OTHER, name: str = "", file: SpecFile | None = None
    ) -> str:
        """Send a message; give WhatsApp's id. Raises SendFailed."""
        named = name or f"msg_{text}"
        return await self.session.send(
            SpecMessage(
                message_id=named,
                whatsapp_id=whatsapp_id_of(named),
                recipient=to,
                text=text,
                file=file,
            )
        )

    async def can_send(self) -> bool:
        """Try once."""
        try:
            await self.sends("still here")
        except SendFailed:
            return False
        return True

    async def is_read(self, whatsapp_id: str) -> None:
        """Wait until the recipient has read it."""
        wanted = MessageAck(whatsapp_id=whatsapp_id, ack="read")
        async with self._news, asyncio.timeout(LIMIT_S):
            await self._news.wait_for(lambda: wanted in self.acks)

    async def receives(self, count: int = 1) -> list[ReceivedMessage]:
        """Wait for that many messages."""
        async with self._news, asyncio.timeout(LIMIT_S):
            await self._news.wait_for(lambda: len(self.messages) >= count)
        return self.messages

    async def code(self) -> str:
        """Wait for a code; give the text of the last one."""
        await self.hears(RecordQr)
        return next(self.codes[o.fingerprint] for o in reversed(self.heard) if type(o) is RecordQr)

    async def links(self, phone: Phone) -> RecordReady:
        """Start, let the phone scan what is on show, wait until it is ready."""
        assert await self.session.start()
        return await self.links_now(phone)

    async def links_now(self, phone: Phone) -> RecordReady:
        """Let the phone scan what is on show, wait until it is ready."""

        async def scanned() -> bool:
            return (await phone.scan(await self.code())).is_success

        await eventually(scanned)  # a code may rotate between our look and the scan
        return await self.hears(RecordReady)

    async def was_replaced(self) -> bool:
        """Tell whether its page was loaded anew in a new tab."""
        return b"page_replaced" in (await self.session.evidence()).records

    async def is_over(self) -> None:
        """Wait until the session has ended by itself, and see that nothing is left of it."""
        async with asyncio.timeout(LIMIT_S):
            await self.session.wait_closed()
        assert self.processes.running() == set()


def quick(**changes: float) -> Limits:
    """Give limits for faults that the test itself causes."""
    return replace(Limits(), **changes)  # type: ignore[arg-type]  inbox_size is never changed
