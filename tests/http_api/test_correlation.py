"""One id leads from a request to its input, its events, its feed items and all that follows."""

import asyncio
from datetime import timedelta

import pytest
import structlog

from adapters import clock
from app.account_host import AccountHost
from app.deadline_clock import DeadlineClock
from app.dropin import blazz, ghl, single_qr
from app.fleet import Fleet
from app.http.traces import is_trace_parent
from app.reactor import Reactor
from app.worker_watch import WorkerWatch
from app.workspace_dispatch import WorkspaceDispatch
from domain.account import Account
from domain.log import Origin
from domain.observations import RecordProblem, RecordReady
from domain.reasons import Reason
from tests.http_api.callers import call, name_of, routes
from tests.running_api import PHONE, RunningApi
from tests.waiting import eventually

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
HEADERS = {"X-Correlation-Id": "order-4711", "traceparent": PARENT}
CAUSE = ("order-4711", PARENT)
OTHERS = {"X-Correlation-Id": "someone-else"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
TRACE_PARENTS = [
    (PARENT, True),
    (f"00-{TRACE}-00", True),
    (f"00-{TRACE}-ff", True),
    (f"cc-{TRACE}-01", True),
    (f"cc-{TRACE}-01-what-the-future-will-be-like", True),
    (f"cc-{TRACE}-01.what", False),
    (f"00-{TRACE}-01-more", False),
    (f"ff-{TRACE}-01", False),
    (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
    (f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01", False),
    (PARENT.upper(), False),
    (PARENT[:-1], False),
    (PARENT[1:], False),
    (f"00-{TRACE}", False),
    (f" {PARENT}", False),
    ("", False),
]


@pytest.mark.parametrize(("given", "valid"), TRACE_PARENTS)
def test_a_trace_parent_is_one_by_the_rules_of_the_w3c(given: str, valid: bool) -> None:  # noqa: FBT001
    assert is_trace_parent(given) is valid


def told(origin: Origin) -> tuple[str, str]:
    return origin.correlation_id, origin.trace_parent


async def origin_of(api: RunningApi, stream: str, kind: str) -> Origin:
    """Give the origin of the newest input of a kind."""
    inputs = await api.services.log.read_inputs(stream)
    return [one.origin for one in inputs if one.kind == kind][-1]


async def has(api: RunningApi, stream: str, kind: str) -> bool:
    return any(one.kind == kind for one in await api.services.log.read_inputs(stream))


async def link(api: RunningApi) -> tuple[str, str]:
    """Register an account by one request, and link it by another that brings both ids."""
    account_id = await api.register()
    answered = await api.client.post(f"/v1/accounts/{account_id}/link", headers=HEADERS)
    return account_id, answered.json()["account"]["attempt"]["id"]


async def lose(api: RunningApi, account_id: str, attempt: str) -> None:
    problem = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    await api.see(account_id, problem)


async def fire(api: RunningApi) -> None:
    late = clock.now() + timedelta(days=1)
    await DeadlineClock(api.services.log, api.services.dispatch, lambda: late).fire_due()


async def test_from_the_request_to_the_feed(api: RunningApi) -> None:
    account_id = await api.register()
    answered = await api.client.post(f"/v1/accounts/{account_id}/link", headers=HEADERS)
    assert answered.headers["x-correlation-id"] == "order-4711"
    assert answered.headers["traceresponse"] == PARENT
    assert told(await origin_of(api, account_id, "RequestLink")) == CAUSE
    [event] = await api.services.log.load(account_id, 1)
    assert told(event.origin) == CAUSE
    items = (await api.client.get(f"/v1/events?account={account_id}")).json()["items"]
    assert items[-1]["correlation_id"] == "order-4711"


async def test_a_look_at_a_code_is_a_request_of_its_own_and_starts_nothing(
    api: RunningApi,
) -> None:
    account_id, attempt = await link(api)
    await api.show_code(account_id, attempt)
    await api.client.get(f"/v1/accounts/{account_id}/qr.png", headers=OTHERS)
    await eventually(lambda: has(api, account_id, "RecordQrFetch"))
    assert (await origin_of(api, account_id, "RecordQrFetch")).correlation_id == "someone-else"
    await fire(api)
    assert told(await origin_of(api, account_id, "ExpireDeadline")) == CAUSE
    assert (await origin_of(api, account_id, "ExpireDeadline")).actor == "clock"


async def test_a_reconnect_follows_from_the_link_that_was_lost(api: RunningApi) -> None:
    account_id, attempt = await link(api)
    await api.become_ready(account_id, attempt)
    await lose(api, account_id, attempt)
    await fire(api)
    last = (await api.services.log.load(account_id))[-1]
    assert (last.topic, told(last.origin)) == ("ReconnectStarted", CAUSE)


async def test_a_logout_is_a_cause_of_its_own(api: RunningApi) -> None:
    account_id, attempt = await link(api)
    await api.become_ready(account_id, attempt)
    await api.client.post(f"/v1/accounts/{account_id}/logout", headers=OTHERS)
    await fire(api)
    assert (await origin_of(api, account_id, "ExpireDeadline")).correlation_id == "someone-else"


async def test_what_a_workspace_answers_follows_from_the_account(api: RunningApi) -> None:
    log, dispatch = api.services.log, api.services.dispatch
    account_id, attempt = await link(api)
    ready = RecordReady(
        at=clock.now(), attempt=attempt, phone=PHONE, phone_fingerprint="keyed-phone"
    )
    worker = Origin(actor="worker:w1", correlation_id="order-4711")
    await dispatch.submit(account_id, ready, worker)
    reactor = Reactor(log, dispatch, WorkspaceDispatch(log))
    for recorded in await log.load(account_id):
        await reactor.react(recorded)
    claimed = await log.read_inputs("workspace:default")
    assert {one.origin.correlation_id for one in claimed} == {"order-4711"}
    for recorded in await log.load("workspace:default"):
        await reactor.react(recorded)
    assert (await origin_of(api, account_id, "RecordPrimary")).correlation_id == "order-4711"


async def test_what_a_watch_tells_follows_from_the_link(api: RunningApi) -> None:
    account_id, attempt = await link(api)
    await api.become_ready(account_id, attempt)

    async def silent_s() -> float:
        return 60.0

    log, dispatch = api.services.log, api.services.dispatch
    await WorkerWatch(log, dispatch, silent_s=silent_s, now=clock.now).look()
    problem = await origin_of(api, account_id, "RecordProblem")
    assert (problem.actor, told(problem)) == ("watch", CAUSE)


async def test_what_a_worker_that_takes_over_tells_follows_from_the_link(api: RunningApi) -> None:
    account_id, attempt = await link(api)
    await api.become_ready(account_id, attempt)

    def no_host(account_id: str, _: Account) -> AccountHost:
        raise AssertionError(account_id)  # there is nothing to open

    fleet = Fleet(
        log=api.services.log,
        dispatch=api.services.dispatch,
        vault=api.services.vault,
        host_of=no_host,
        now=clock.now,
        origin=Origin(actor="worker:w1"),
    )
    running = asyncio.create_task(fleet.run())
    await eventually(lambda: has(api, account_id, "RecordProblem"))
    running.cancel()
    await asyncio.wait([running])
    problem = await origin_of(api, account_id, "RecordProblem")
    assert (problem.actor, told(problem)) == ("worker:w1", CAUSE)


async def test_an_id_that_cannot_be_used_is_as_good_as_none(api: RunningApi) -> None:
    for odd in ("", "a b", "x" * 129, "ü", "a;b", '"a"'):
        headers = {b"X-Correlation-Id": odd.encode()}
        answered = await api.client.get("/v1/accounts", headers=headers)
        assert answered.headers["x-correlation-id"] == answered.headers["linkwright-request"]


async def test_a_request_id_is_a_correlation_id_too(api: RunningApi) -> None:
    one = await api.client.get("/v1/accounts", headers={"X-Request-Id": "proxy-1"})
    assert one.headers["x-correlation-id"] == "proxy-1"
    both = {"X-Request-Id": "proxy-1", "X-Correlation-Id": "order-4711"}
    assert (await api.client.get("/v1/accounts", headers=both)).headers[
        "x-correlation-id"
    ] == "order-4711"


async def test_a_trace_begins_here_where_none_comes_or_two(api: RunningApi) -> None:
    made: set[str] = set()
    for headers in ([], [("traceparent", PARENT)] * 2, [("traceparent", PARENT.upper())]):
        answered = await api.client.post("/v1/accounts", json={}, headers=headers)
        account_id = answered.json()["account"]["id"]
        begun = answered.headers["traceresponse"]
        assert is_trace_parent(begun)
        assert told(await origin_of(api, account_id, "RegisterAccount"))[1] == begun
        made.add(begun)
    assert len(made) == 3
    assert PARENT not in made


STREAMS = ("feed", "erp_events")


async def test_every_answer_names_what_it_is_recorded_under(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for drop_in in (blazz, ghl, single_qr):
        monkeypatch.setattr(drop_in, "QR_LIMIT_S", 0.0)  # no worker shows a code here
    for route in routes(api):
        if name_of(route) not in STREAMS:
            answered = await call(api.client, route, headers=HEADERS)
            assert answered.headers["x-correlation-id"] == "order-4711", name_of(route)
            assert answered.headers["traceresponse"] == PARENT, name_of(route)
    nowhere = await api.client.get("/v1/nothing", headers=HEADERS)
    assert nowhere.headers["x-correlation-id"] == "order-4711"


async def test_every_log_line_of_a_request_carries_its_ids(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(api.services.dispatch, "submit", broken)
    merge = structlog.contextvars.merge_contextvars
    with structlog.testing.capture_logs(processors=[merge]) as lines:
        answered = await api.client.post("/v1/accounts", json={}, headers=HEADERS)
    [line] = [line for line in lines if line["event"] == "request broke"]
    assert line["correlation_id"] == "order-4711"
    assert line["trace_parent"] == PARENT
    assert line["request_id"] == answered.headers["linkwright-request"]
    other = await api.client.get("/v1/accounts")
    assert other.headers["x-correlation-id"] != "order-4711"
