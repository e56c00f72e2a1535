"""What the campaign breaks: a whole `linkwright up` with linked accounts, and who looks at it.

Nothing is repaired by hand. What the simulated phone ended, the phone links again.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from adapters import clock
from adapters.browser.spec import Limits
from adapters.event_log.errors import StorageUnavailable
from adapters.keys import load_keys
from app.processes.services import services
from app.settings import Settings
from domain.log import RecordedEvent
from tests.end_to_end.installation import Installation
from tests.fleet_campaign.processes import TEMPORARY, Browser, Sight, look
from tests.waiting import eventually

TIME_SCALE = "10"
"""The page's times: codes live 6 s, a first sync takes 0.2 s."""
POLICY = """{"reconnect_first_s": 0.5, "reconnect_most_s": 5.0, "reconnect_budget": 100000,
 "reconnect_reset_after_s": 10.0,
 "authentication_s": 20.0}"""
"""A campaign is a year of mishaps in an hour: nobody waits minutes for the next reconnect, and no
account runs out of them."""
ANSWER_LIMIT_S = 20.0
LINK_LIMIT_S = 120.0
"""Every limit between a wish and READY on a machine that has other work, see `run.RECOVERY_S`."""
PAGE_OF_EVENTS = 1000
PAUSE_S = 0.3
"""Between two looks at what takes seconds: the looks must not be the load."""
BEATING = timedelta(seconds=3)
"""Three beats: one may have been on its way when the lease's connection broke."""
LONG_AWAY_S = Limits().offline_after_s / 2
ROUND_TRIP_S = 3.0
"""A page that lives answers in milliseconds; one that is asked in vain is asked again."""


class Stage:
    """One installation, its accounts, and its log."""

    def __init__(self, installation: Installation, temporary: Path, home: Path) -> None:
        self.installation = installation
        self.temporary = temporary
        """The only folder for temporary files that the installation knows."""
        self.home = home
        """What it takes for its user's, where nothing of an account belongs."""
        self.phones: dict[str, str] = {}
        """Account -> number, of all that were linked and not destroyed."""
        self.kept_away: set[str] = set()
        """Accounts whose phones a busy machine kept away for so long that it may be told."""
        self.company: dict[str, dict[str, set[str]]] = {}
        """Account whose browser was struck -> who was open in it too -> in which places."""
        told = installation.environment.get("LINKWRIGHT_ACCOUNTS_PER_BROWSER")
        self.accounts_per_browser = int(told or 1)
        self._destroyed: list[str] = []
        self._numbers = 0
        self._http: httpx.AsyncClient
        self._phone: httpx.AsyncClient
        self.database = ""
        """How to reach it past everything."""

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Start the installation; stop it at the end, whatever was done to it."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.stop)
            await self.start()
            self._http = await stack.enter_async_context(
                _client(self.installation.url, self.installation.api_key)
            )
            keys = load_keys({}, self.installation.data / "master.key")
            sandbox = f"http://127.0.0.1:{self.installation.sandbox_port}/control/accounts"
            self._phone = await stack.enter_async_context(_client(sandbox, keys.sandbox_control))
            yield

    async def start(self) -> None:
        """Start it, and learn where its database is."""
        await asyncio.to_thread(self.installation.start)
        told = await asyncio.to_thread(_environment, self.see().parts["serve"][0].pid)
        self.database = told["DATABASE_URL"]

    async def stop(self) -> None:
        """Stop it in order if it runs."""
        if self.see().parts["up"]:
            await asyncio.to_thread(self.installation.stop)

    def see(self) -> Sight:
        """Look at its processes."""
        return look(self.installation.data)

    def aim_at_browsers(self, account: str) -> list[Browser]:
        """Give the account's browsers, to be struck; whoever else is in them is noted."""
        browsers = self.see().browsers_of(account)
        company = self.company.setdefault(account, {})
        for browser in browsers:
            for other in browser.tabs.keys() - {account}:
                company.setdefault(other, set()).add(browser.place)
        return browsers

    # --- what a back end and a phone do -------------------------------------------------------

    async def link(self) -> str:
        """Register an account and link it with a phone of its own; gives its id."""
        self._numbers += 1
        body = {"workspace": f"w-{self._numbers % 3}", "site": "sandbox", "label": "Campaign"}
        answer = await self._http.post("/v1/accounts", json=body)
        account: str = answer.raise_for_status().json()["account"]["id"]
        self.phones[account] = f"4915{self._numbers:09d}"
        await self.scan(account, "link")
        return account

    async def scan(self, account: str, how: str = "retry") -> None:
        """Link it by a scan, and wait until it is READY."""
        await self.wish(account, how)
        body = {"phone": self.phones[account]}

        async def scanned() -> bool:
            with suppress(httpx.TransportError):
                path = f"/v1/sandbox/accounts/{account}/scan"
                return (await self._http.post(path, json=body)).is_success
            return False

        await self.until(scanned, LINK_LIMIT_S, account)
        await self.until(lambda: self.has(account, "READY"), LINK_LIMIT_S, account)

    async def wish(self, account: str, what: str) -> None:
        """Send what a client may wish: link, retry, reconnect, logout."""
        answer = await self._http.post(f"/v1/accounts/{account}/{what}", json={})
        assert answer.is_success, f"{what}: {answer.status_code} {answer.text}"

    async def destroy(self, account: str, *, erase: bool = False) -> None:
        """Destroy an account."""
        query = {"erase": "true"} if erase else {}
        answer = await self._http.delete(f"/v1/accounts/{account}", params=query)
        assert answer.is_success, f"destroy: {answer.status_code} {answer.text}"
        del self.phones[account]
        self._destroyed.append(account)

    async def forget_destroyed(self) -> None:
        """Let WhatsApp forget whom nobody asks for any more: its memory is not ours to judge."""
        while self._destroyed:
            await self._phone.delete(f"/{self._destroyed.pop()}")

    async def follow_feed(self) -> None:
        """Read the feed until it ends."""
        async with self._http.stream("GET", "/v1/feed", timeout=None) as answer:
            async for _ in answer.aiter_lines():
                pass

    async def glance_at_feed(self, account: str) -> None:
        """Begin to read an account's feed, and leave without a word."""
        query = {"account": account, "after": "0"}
        async with self._http.stream("GET", "/v1/feed", params=query) as answer:
            async for line in answer.aiter_lines():
                if line:
                    return

    async def feed_readers(self) -> float:
        """Ask the service how many readers its feed has."""
        told = (await self._http.get("/metrics")).raise_for_status().text.splitlines()
        return next(float(x.split()[1]) for x in told if x.startswith("linkwright_feed_readers "))

    async def show(self, account: str) -> dict[str, Any]:
        """The account as the API shows it; nothing while the API does not answer."""
        with suppress(httpx.TransportError):
            answer = await self._http.get(f"/v1/accounts/{account}")
            if answer.is_success:
                shown: dict[str, Any] = answer.json()["account"]
                return shown
        return {}

    async def has(self, account: str, *statuses: str) -> bool:
        """Tell whether it has one of the statuses now."""
        return (await self.show(account)).get("status") in statuses

    async def works(self) -> bool:
        """Tell whether the API finds every part well."""
        with suppress(httpx.TransportError):
            return (await self._http.get("/health/ready")).is_success
        return False

    async def phone(self, account: str, path: str, **body: object) -> None:
        """Drive the phone, or have something happen to the open page."""
        answer = await self._phone.post(f"/{account}/{path}", json=body or None)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"

    async def page(self, account: str, **body: object) -> None:
        """Have something happen to the open page, as soon as there is one.

        It may just be opened anew, after what happened to a browser that others share.
        """

        async def told() -> bool:
            with suppress(httpx.TransportError, AssertionError):
                await self.phone(account, "server/event", **body)
                return True
            return False

        await self.until(told, LINK_LIMIT_S, account)

    async def back_online(self, account: str) -> None:
        """Let the phone have its network again, as soon as anybody can be told."""

        async def told() -> bool:
            with suppress(httpx.TransportError, AssertionError):
                await self.phone(account, "phone/online")
                return True
            return False

        await eventually(told, LINK_LIMIT_S, PAUSE_S)

    async def scene(self, account: str, name: str, times: int = 1) -> None:
        """Choose what the stand-in does on the next pages of this account."""
        body = {"name": name, "params": {}, "times": times}
        (await self._phone.put(f"/{account}/scene", json=body)).raise_for_status()

    # --- what is true -------------------------------------------------------------------------

    async def usable(self, account: str) -> bool:
        """Tell whether there is one page that is linked, and answers what it is told.

        The phone leaves the network and comes back, and the page must say both. That is no loss:
        a link may be away for 10 s.
        """
        with suppress(httpx.TransportError, httpx.HTTPStatusError, AssertionError):
            if not await self._is_linked(account):
                return False
            away_s = clock.monotonic_s()
            try:
                await self.phone(account, "phone/offline")
                await eventually(lambda: self._page_says(account, "TIMEOUT"), ROUND_TRIP_S)
            finally:
                await self.back_online(account)
                if clock.monotonic_s() - away_s > LONG_AWAY_S:
                    self.kept_away.add(account)
            await eventually(lambda: self._is_linked(account), ROUND_TRIP_S)
            return True
        return False

    async def _is_linked(self, account: str) -> bool:
        return await self._page_says(account, "CONNECTED", "MAIN")

    async def _page_says(self, account: str, *words: str) -> bool:
        pages = (await self._phone.get(f"/{account}")).raise_for_status().json()["pages"]
        said = [(page["socket"], page["mode"]) for page in pages]
        return len(said) == 1 and pages[0]["logged_in"] and said[0][: len(words)] == words

    async def events_after(self, position: int) -> list[RecordedEvent]:
        """Read what the log holds behind a position, however often the database goes away."""
        read: list[RecordedEvent] = []

        async def read_on() -> bool:
            with suppress(StorageUnavailable):
                settings = Settings(data=self.installation.data, database_url=self.database)
                async with services(settings) as parts:
                    after = read[-1].position if read else position
                    while page := await parts.log.read(after, PAGE_OF_EVENTS):
                        read.extend(page)
                        after = page[-1].position
                return True
            return False

        await eventually(read_on, LINK_LIMIT_S, PAUSE_S)
        return read

    async def worker_goes_on(self) -> None:
        """Wait until a worker beats for some time, after the database was away."""
        statement = "select clock_timestamp(), max(beat_at) from workers"
        began: list[datetime] = []

        async def goes_on() -> bool:
            with suppress(psycopg.OperationalError):
                async with await psycopg.AsyncConnection.connect(self.database) as connection:
                    row = await (await connection.execute(statement)).fetchone()
                if row is None or row[1] is None:
                    return False
                began.append(row[0])
                return row[1] > began[0] + BEATING
            return False

        await eventually(goes_on, LINK_LIMIT_S, PAUSE_S)

    async def until(self, probe: Callable[[], Any], limit_s: float, account: str = "") -> None:
        """Wait; what stands in the way is told with the account's own words."""
        try:
            await eventually(probe, limit_s, PAUSE_S)
        except AssertionError as error:
            shown = await self.show(account) if account else {}
            raise AssertionError(f"{account}: {error}; {shown}") from error


def _client(url: str, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"},
        timeout=ANSWER_LIMIT_S,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),  # whoever listened may be dead by now
    )


def _environment(pid: int) -> dict[str, str]:
    told = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(os.fsdecode(one).split("=", 1) for one in told if b"=" in one)


@asynccontextmanager
async def set_up(folder: Path, **environment: str) -> AsyncGenerator[Stage]:
    """Start an installation in a folder of its own; nothing of it is left running."""
    temporary, home = folder / TEMPORARY, folder / "home"
    temporary.mkdir(mode=0o777, parents=True)
    home.mkdir()
    made = Installation(
        folder,
        {
            "TMPDIR": str(temporary),
            "HOME": str(home),
            "LINKWRIGHT_SANDBOX_TIME_SCALE": TIME_SCALE,
            "LINKWRIGHT_POLICY": POLICY,
            **environment,
        },
    )
    stage = Stage(made, temporary, home)
    async with stage.open():
        yield stage
