"""Linkwright's worker parts in a process of their own: `python -m tests.bench.own_sessions FACTS`.

What it sees goes to standard output, one JSON object a line; orders come in the same way, as in
whatsapp_web_js_clients.js beside it: {"open": {"account": "…"}}, {"close": {"account": "…"}},
{"erase": {"account": "…"}}. When its input ends, everything is closed.
"""

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from adapters.browser.assets import find_wa_js
from adapters.browser.discovery import BrowserChoice, Flavour
from adapters.browser.host import BrowserHost, Sharing
from adapters.browser.session import LinkSession
from adapters.browser.spec import SessionSpec
from domain.observations import Observation, RecordProblem, RecordReady


class Facts(msgspec.Struct, frozen=True):
    """What the process is told on its command line."""

    sandbox: str
    profiles: str
    browser: str
    flavour: Flavour
    shell_flags: tuple[str, ...] | None = None
    """Instead of the usual ones."""
    merge_equal_pages: bool = False
    """Let the kernel keep pages of memory that are equal once, as `MemoryKSM=` of systemd does."""
    accounts_each: int = 1
    """How many share one browser, if it is one that can be shared."""


HOSTS = ("127.0.0.1",)
"""What the sandbox's page may ask."""
PR_SET_MEMORY_MERGE = 67
"""From linux/prctl.h; since Linux 6.7 all that is started inherits it."""


class OrderFacts(msgspec.Struct, frozen=True):
    """What an order says; there is more in it for the other contestant."""

    account: str


class Sessions:
    """The open sessions by account."""

    def __init__(self, host: BrowserHost, facts: Facts) -> None:
        self._host = host
        self._facts = facts
        self._open: dict[str, LinkSession] = {}

    async def obey(self, line: str) -> None:
        """Carry one order out; trouble is told, not raised."""
        [(order, facts)] = msgspec.json.decode(line, type=dict[str, OrderFacts]).items()
        account = facts.account
        match order:
            case "open":
                await self._open_session(account)
            case "close":
                await self._open.pop(account).stop()
                tell("closed", account)
            case "erase":
                await self._host.erase(account)
                tell("erased", account)
            case _:
                tell("problem", account, text=f"no order is called {order}")

    async def _open_session(self, account: str) -> None:
        async def record(observation: Observation) -> None:
            if isinstance(observation, RecordReady):
                tell("ready", account)
            if isinstance(observation, RecordProblem):
                text = f"{observation.reason.value} {observation.detail}".strip()
                tell("problem", account, text=text)

        async def show_code(
            *, attempt: str, fingerprint: str, text: str, expires_at: datetime
        ) -> None:
            del attempt, fingerprint, expires_at
            tell("qr", account, qr=text)

        spec = SessionSpec(
            account_id=account,
            attempt_id="attempt",
            url=f"{self._facts.sandbox}/a/{account}/",
            allowed_hosts=HOSTS,
            fingerprint_key=bytes(32),
        )
        session = LinkSession(self._host, spec, record=record, show_code=show_code)
        self._open[account] = session
        await session.start()

    async def close(self) -> None:
        await asyncio.gather(*(session.stop() for session in self._open.values()))


def tell(event: str, account: str | None, **facts: object) -> None:
    line = msgspec.json.encode({"event": event, "account": account, **facts})
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


async def main(facts: Facts, environment: Mapping[str, str]) -> None:
    """Obey until the input ends; orders do not wait for each other."""
    if facts.merge_equal_pages and ctypes.CDLL(None).prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0):
        raise OSError("This kernel merges no equal pages.")
    wa_js = find_wa_js(environment).read_text(encoding="utf-8")
    place, profiles = Path(facts.browser), Path(facts.profiles)
    is_shared = facts.flavour == "qt_webengine"
    sharing = Sharing(place, facts.accounts_each, ready_for=HOSTS) if is_shared else None
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(make_protocol(reader), sys.stdin)
    async with BrowserHost(
        None if is_shared else BrowserChoice(place, facts.flavour),
        wa_js,
        profiles=profiles,
        shell_flags=facts.shell_flags,
        sharing=sharing,
    ) as host:
        sessions = Sessions(host, facts)
        tell("started", None)
        try:
            async with asyncio.TaskGroup() as tasks:
                while line := await reader.readline():
                    tasks.create_task(sessions.obey(line.decode()))
        finally:
            await sessions.close()


def make_protocol(reader: asyncio.StreamReader) -> Callable[[], Any]:
    return lambda: asyncio.StreamReaderProtocol(reader)


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Facts), os.environ))
