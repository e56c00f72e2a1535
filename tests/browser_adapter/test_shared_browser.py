"""Accounts that share a browser: what they share, what they do not, and what ends with it."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.browser import host as host_module
from adapters.browser import processes as processes_module
from adapters.browser import shared as shared_module
from adapters.browser.host import BrowserHost
from adapters.browser.spec import SessionSpec
from app.processes.browsers import sharing
from domain.observations import RecordProblem, RecordQr, RecordReady
from domain.reasons import Reason
from tests.browser_adapter.conftest import PhoneOf
from tests.browser_adapter.driven import Driven, quick
from tests.browser_adapter.machines import Machines
from tests.browser_adapter.stores import Shelf
from tests.shared_browser.running import gone, group, needs_the_browser
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    needs_the_browser,
]
PLACES = 2
WATCHFUL = quick(heartbeat_s=0.2, hang_after_s=1.5, evaluate_s=2, close_s=1, screenshot_s=1)

Tenant = Callable[..., Driven]


@pytest_asyncio.fixture(loop_scope="session")
async def shared_host(host: BrowserHost, profiles: Path) -> AsyncGenerator[BrowserHost]:
    async with BrowserHost(
        host.browser,
        host.wa_js,
        profiles=profiles,
        spacing_s=0,
        sharing=sharing(os.environ, PLACES),
    ) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(
    shared_host: BrowserHost, spec: SessionSpec, profiles: Path
) -> AsyncGenerator[Tenant]:
    """Return a maker of sessions, each of an account of its own."""
    driven: list[Driven] = []

    def make(**changes: object) -> Driven:
        account = f"{spec.account_id}-{len(driven)}"
        url = spec.url.replace(spec.account_id, account)
        one = Driven(
            shared_host,
            replace(spec, account_id=account, url=url, **changes),  # type: ignore[arg-type]
            profiles,
        )
        driven.append(one)
        return one

    yield make
    for one in driven:
        await one.session.stop()
    assert [one.processes.running() for one in driven] == [set()] * len(driven)


async def links(driven: Driven, phone_of: PhoneOf) -> None:
    await driven.links(phone_of(driven.spec.account_id))


async def test_two_accounts_link_in_one_browser_and_see_nothing_of_each_other(
    tenant: Tenant, phone_of: PhoneOf, shared_host: BrowserHost
):
    first, second = tenant(), tenant()
    await asyncio.gather(links(first, phone_of), links(second, phone_of))
    assert first.processes.running() == second.processes.running()
    assert first.pages()
    assert not first.pages() & second.pages()
    tabs = [one.session._browser.tab for one in (first, second)]  # noqa: SLF001  what the page has
    for tab, word in zip(tabs, ("mine", "yours"), strict=True):
        assert tab is not None
        await tab.page.evaluate("word => localStorage.setItem('whose', word)", word)
    for tab, word in zip(tabs, ("mine", "yours"), strict=True):
        assert tab is not None
        assert await tab.page.evaluate("localStorage.getItem('whose')") == word
        assert len(tab.page.context.pages) == 1
    await first.session.stop()
    assert first.processes.running() == set()
    assert await second.can_send()
    await shared_host.erase(first.spec.account_id)
    assert not first.folder.parent.exists()


async def test_a_killed_page_ends_its_account_and_no_other(tenant: Tenant, phone_of: PhoneOf):
    first, second = tenant(), tenant()
    await asyncio.gather(links(first, phone_of), links(second, phone_of))
    for pid in first.pages():
        os.kill(pid, signal.SIGKILL)
    problem = await first.problem()
    assert (problem.reason, problem.detail) == (
        Reason.BROWSER_CRASHED,
        "the page's process crashed",
    )
    await first.is_over()
    assert await second.can_send()
    assert second.kinds().count("RecordProblem") == 0


async def test_a_killed_browser_ends_all_of_them_and_the_next_start_has_a_new_one(
    tenant: Tenant, phone_of: PhoneOf
):
    first, second = tenant(), tenant()
    await asyncio.gather(links(first, phone_of), links(second, phone_of))
    [program] = first.processes.running()
    os.kill(program, signal.SIGKILL)
    for one in (first, second):
        assert (await one.problem()).reason is Reason.BROWSER_CRASHED
        await one.is_over()
    await eventually(gone(program))
    again = tenant()
    assert await again.session.start()
    await again.hears(RecordQr)


async def test_a_page_that_stands_still_is_replaced_and_its_process_killed(
    tenant: Tenant, phone_of: PhoneOf
):
    driven = tenant(limits=WATCHFUL)
    await links(driven, phone_of)
    still = driven.pages()
    for pid in still:
        os.kill(pid, signal.SIGSTOP)
    await eventually(driven.was_replaced)
    await driven.hears(RecordReady)
    [program] = driven.processes.running()
    await driven.session.stop()
    assert not still & group(program)


async def test_a_browser_that_stands_still_is_killed(
    tenant: Tenant, phone_of: PhoneOf, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processes_module, "SHARED_PATIENCE_S", 1.0)
    first, second = tenant(limits=WATCHFUL), tenant(limits=WATCHFUL)
    await asyncio.gather(links(first, phone_of), links(second, phone_of))
    [program] = first.processes.running()
    os.killpg(program, signal.SIGSTOP)
    told = {(await one.hears(RecordProblem)).reason for one in (first, second)}
    assert told <= {Reason.PAGE_HUNG, Reason.BROWSER_CRASHED}
    for one in (first, second):
        await one.is_over()
    await eventually(gone(program))


async def test_a_browser_that_is_killed_while_a_page_of_it_stands_still_leaves_nothing(
    tenant: Tenant, phone_of: PhoneOf
):
    first, second = tenant(), tenant()
    await asyncio.gather(links(first, phone_of), links(second, phone_of))
    [program] = first.processes.running()
    for pid in first.pages():
        os.kill(pid, signal.SIGSTOP)
    os.kill(program, signal.SIGKILL)
    for one in (first, second):
        assert (await one.problem()).reason is Reason.BROWSER_CRASHED
        await one.is_over()
    await eventually(gone(program))


async def test_one_more_than_there_are_places_gets_another_browser_which_ends_when_idle(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shared_module, "IDLE_S", 0.2)
    tenants = [tenant() for _ in range(PLACES + 1)]
    for one in tenants:
        assert await one.session.start()
    [full], [other] = tenants[0].processes.running(), tenants[-1].processes.running()
    assert full != other
    await tenants[0].session.stop()
    await tenants[-1].session.stop()
    await eventually(gone(other))
    assert group(full), "there is still an account in it"


async def test_pictures_of_several_pages_are_taken_one_after_the_other(tenant: Tenant):
    first, second = tenant(), tenant()
    for one in (first, second):
        assert await one.session.start()
        await one.hears(RecordQr)
    kept = await asyncio.gather(first.session.evidence(), second.session.evidence())
    assert [one.screenshot is not None for one in kept] == [True, True]
    [program] = first.processes.running()
    await first.session.stop()
    assert second.processes.running() == {program}, "it has survived that the page went"


@pytest_asyncio.fixture(loop_scope="session")
async def kinds(
    shared_host: BrowserHost,
    host: BrowserHost,
    spec: SessionSpec,
    profiles: Path,
    other_profiles: Path,
    shelf: Shelf,
) -> AsyncGenerator[Machines]:
    """Return one account on two machines, one of which shares a browser."""
    hosts = {"shared": (shared_host, profiles), "own": (host, other_profiles)}
    machines = Machines(spec, shelf, hosts)
    yield machines
    await machines.stop()


async def test_a_session_goes_from_a_shared_browser_to_a_newer_one_of_its_own(
    kinds: Machines, phone_of: PhoneOf, spec: SessionSpec
):
    shared = kinds.session("shared")
    await shared.links(phone_of(spec.account_id))
    assert shared.is_shared
    await shared.session.stop()
    assert not (await kinds.comes_back("own")).is_shared


async def test_a_session_that_the_shared_browser_is_too_old_for_stays_in_one_of_its_own(
    kinds: Machines, phone_of: PhoneOf, spec: SessionSpec
):
    """An older Chromium deletes what a newer one wrote, and the link would be lost."""
    own = kinds.session("own")
    await own.links(phone_of(spec.account_id))
    await own.session.stop()
    assert own.spec.account_id == spec.account_id
    assert not (await kinds.comes_back("shared")).is_shared


async def test_a_session_that_every_browser_here_is_too_old_for_is_not_opened(
    kinds: Machines, phone_of: PhoneOf, spec: SessionSpec, monkeypatch: pytest.MonkeyPatch
):
    own = kinds.session("own")
    await own.links(phone_of(spec.account_id))
    await own.session.stop()
    with monkeypatch.context() as patched:
        patched.setattr(host_module, "written_by", lambda _: 1000)
        refused = kinds.session("shared")
        assert not await refused.session.start()
    problem = await refused.problem()
    assert problem.reason is Reason.BROWSER_MISSING
    assert problem.detail.startswith("Chromium 1000 wrote the session; here is 1")
    await kinds.comes_back("shared")
