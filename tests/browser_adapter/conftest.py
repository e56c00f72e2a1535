"""One sandbox and one host for the folder; every test has an account and browsers of its own."""

import os
import uuid
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from adapters.browser.assets import find_wa_js
from adapters.browser.discovery import find_browser
from adapters.browser.host import BrowserHost
from adapters.browser.spec import SessionSpec
from adapters.sandbox import RunningSandbox, SandboxSettings, run_sandbox
from app.processes.browsers import sharing
from tests.browser_adapter.driven import KEY, SCALE, Driven, Phone
from tests.browser_adapter.machines import Machines
from tests.browser_adapter.stores import Shelf
from tests.plain_http import NO_TLS

TOKEN = "a token of the tests"

Drive = Callable[..., Driven]
PhoneOf = Callable[[str], Phone]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[RunningSandbox]:
    state = tmp_path_factory.mktemp("sandbox") / "state.json"
    settings = SandboxSettings(control_token=TOKEN, state_file=state, time_scale=SCALE)
    async with run_sandbox(settings) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def control(sandbox: RunningSandbox) -> AsyncGenerator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        base_url=sandbox.url, headers=headers, timeout=20, verify=NO_TLS
    ) as client:
        yield client


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data") / "profiles"


@pytest.fixture(scope="session")
def wa_js() -> str:
    return find_wa_js(os.environ).read_text(encoding="utf-8")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def host(profiles: Path, wa_js: str) -> AsyncGenerator[BrowserHost]:
    """Return what most tests run on; all run on a shared browser if the setting says so."""
    browser = find_browser(os.environ)
    assert browser is not None, "these tests need a browser; ./linkwright test installs one"
    accounts_each = int(os.environ.get("LINKWRIGHT_ACCOUNTS_PER_BROWSER", "1"))
    async with BrowserHost(
        browser,
        wa_js,
        profiles=profiles,
        spacing_s=0,
        sharing=sharing(os.environ, accounts_each) if accounts_each > 1 else None,
    ) as opened:
        yield opened


@pytest.fixture
def account() -> str:
    return f"acc_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def phone_of(control: httpx.AsyncClient) -> PhoneOf:
    return partial(Phone, control)


@pytest.fixture
def phone(phone_of: PhoneOf, account: str) -> Phone:
    return phone_of(account)


@pytest.fixture
def spec(sandbox: RunningSandbox, account: str) -> SessionSpec:
    return SessionSpec(
        account_id=account,
        attempt_id="attempt-1",
        url=f"{sandbox.url}/a/{account}/",
        allowed_hosts=("127.0.0.1",),
        fingerprint_key=KEY,
        code_life_scale=1 / SCALE,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def drive(host: BrowserHost, spec: SessionSpec, profiles: Path) -> AsyncGenerator[Drive]:
    """Return a maker of sessions on the account; they are stopped afterwards."""
    driven: list[Driven] = []

    def make(**changes: object) -> Driven:
        one = Driven(host, replace(spec, **changes), profiles)  # type: ignore[arg-type]
        driven.append(one)
        return one

    yield make
    for one in driven:
        await one.session.stop()
    assert [one.processes.running() for one in driven] == [set()] * len(driven)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="session")
def other_profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("other-machine") / "profiles"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def other_host(host: BrowserHost, other_profiles: Path) -> AsyncGenerator[BrowserHost]:
    """Return a machine that shares nothing with the first one."""
    async with BrowserHost(
        host.browser,
        host.wa_js,
        profiles=other_profiles,
        spacing_s=0,
        sharing=host.sharing,
    ) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def machines(
    spec: SessionSpec,
    shelf: Shelf,
    host: BrowserHost,
    profiles: Path,
    other_host: BrowserHost,
    other_profiles: Path,
) -> AsyncGenerator[Machines]:
    """Return the two machines; whatever runs on them is stopped afterwards."""
    hosts = {"here": (host, profiles), "elsewhere": (other_host, other_profiles)}
    made = Machines(spec, shelf, hosts)
    yield made
    await made.stop()
