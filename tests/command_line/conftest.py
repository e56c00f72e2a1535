"""The commands against the real API: served in a thread, as the commands block.

`service.worker` plays the browser: it dispatches what a page would have shown.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result

from app.cli import linkwright
from tests.running_api import RunningApi, running_api
from tests.waiting import eventually

T = TypeVar("T")
LIMIT_S = 30.0
ATTEMPTED = ("INITIALIZING", "WAITING_QR", "AUTHENTICATING")


class Service:
    """The API in a thread of its own; `do` runs a coroutine there and waits for it."""

    def __init__(self, api: RunningApi, loop: asyncio.AbstractEventLoop) -> None:
        self.api = api
        self._loop = loop

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it over there."""
        return self.begin(work).result(LIMIT_S)

    def begin(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Start it over there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def show(self, account_id: str) -> dict[str, Any]:
        """Give the account as the API shows it."""
        answered = self.do(self.api.client.get(f"/v1/accounts/{account_id}"))
        return answered.json()["account"]

    async def accounts(self) -> list[dict[str, Any]]:
        """Give all accounts, oldest first."""
        return (await self.api.client.get("/v1/accounts")).json()["accounts"]

    async def attempt(self) -> tuple[str, str]:
        """Wait until an account is being linked; give its id and its attempt's."""

        async def linking() -> dict[str, Any] | None:
            found = [one for one in await self.accounts() if one["status"] in ATTEMPTED]
            return found[-1] if found else None

        account = await eventually(linking)
        assert account is not None
        return account["id"], account["attempt"]["id"]

    async def link_any(self) -> None:
        """Play the browser of the next account that is linked, up to READY."""
        account_id, attempt = await self.attempt()
        await self.api.open_page(account_id, attempt)
        await self.api.show_code(account_id, attempt)
        await self.fetched(account_id)
        await self.api.scan(account_id, attempt)
        await self.api.become_ready(account_id, attempt)

    async def fetched(self, account_id: str) -> None:
        """Wait until a client has fetched the code on show."""

        async def code_is_fetched() -> bool:
            answered = await self.api.client.get(f"/v1/accounts/{account_id}")
            code = answered.json()["account"]["code"]
            return code is not None and code["fetched"]

        await eventually(code_is_fetched)


@pytest.fixture
def service(database: str, tmp_path: Path) -> Generator[Service]:
    """Serve the API on a database of the test's own."""
    begun: Future[Service] = Future()
    finished = threading.Event()

    async def serve() -> None:
        async with running_api(database, tmp_path / "served") as api:
            begun.set_result(Service(api, asyncio.get_running_loop()))
            while not finished.is_set():
                await asyncio.to_thread(finished.wait, LIMIT_S)

    def run() -> None:
        try:
            asyncio.run(serve())
        except Exception as error:
            if begun.done():
                raise
            begun.set_exception(error)

    thread = threading.Thread(target=run, name="served API")
    thread.start()
    try:
        yield begun.result(LIMIT_S)
    finally:
        finished.set()
        thread.join(LIMIT_S)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str | None]:
    """Return variables for a command that finds neither a service nor a key by itself."""
    return {
        "LINKWRIGHT_DATA": str(tmp_path / "no-data-folder"),
        "LINKWRIGHT_PORT": None,
        "LINKWRIGHT_HOST": None,
        "LINKWRIGHT_SANDBOX_PORT": None,
        "LINKWRIGHT_URL": None,
        "LINKWRIGHT_API_KEY": None,
        "LINKWRIGHT_MASTER_KEY": None,
        "LINKWRIGHT_BROWSER": None,
        "DATABASE_URL": None,
    }


Run = Callable[..., Result]


@pytest.fixture
def run(environment: dict[str, str | None]) -> Run:
    """Return a function that runs a command; keyword arguments are further variables."""

    def run_command(*arguments: str, **variables: str) -> Result:
        return CliRunner().invoke(linkwright, list(arguments), env={**environment, **variables})

    return run_command


@pytest.fixture
def use(run: Run, service: Service) -> Run:
    """Return a function that runs a command against the service, with a valid key."""

    def run_command(*arguments: str, **variables: str) -> Result:
        reach = {"LINKWRIGHT_URL": service.api.url, "LINKWRIGHT_API_KEY": service.api.key}
        return run(*arguments, **reach, **variables)

    return run_command
