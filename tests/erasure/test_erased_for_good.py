"""Canaries through the real service: nothing without the master key, nothing at all once erased."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters import clock
from adapters.event_log.checked_replay import checked_events
from adapters.event_log.verify import verify
from adapters.keys import Keys
from app.cli import linkwright
from app.reactor import Reactor
from app.workspace_dispatch import WorkspaceDispatch
from domain.log import workspace_stream
from domain.observations import RecordReady
from tests.erasure.canaries import AYU, BUDI, dump, found_in, plant
from tests.event_stream import event_stream
from tests.http_api.callers import code_of
from tests.running_api import MASTER_KEY, RunningApi, running_api
from tests.waiting import eventually

CLI_LIMIT_S = 60
STREAMS = {"/v1/feed", "/api/whatsapp/events"}
"""They do not end; the second one tells what the first one does."""
TICKET = "ticket-4711"
"""The correlation id of everything that the test itself asks for."""


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncGenerator[RunningApi]:
    async with running_api(database, tmp_path) as running:
        running.client.headers["X-Correlation-Id"] = TICKET
        yield running


async def erase(api: RunningApi, account_id: str) -> dict[str, Any]:
    answered = await api.client.delete(f"/v1/accounts/{account_id}", params={"erase": "true"})
    assert answered.status_code == 200, answered.text
    return answered.json()


async def read_by_every_route(api: RunningApi, account_id: str) -> bytes:
    """Ask every route that only reads, of all accounts and of this one."""
    head = await api.services.log.head()
    paths = api.application.openapi_schema.to_schema()["paths"]
    addresses = [f"/v1/accounts/{account_id}/attempts/{number}" for number in (1, 2)]
    listed = (await api.client.get(f"/v1/accounts/{account_id}/messages")).json()["messages"]
    addresses += [
        f"/v1/accounts/{account_id}/messages/{message['id']}{part}"
        for message in listed
        for part in ("", "/content")
    ]
    known = {"account_id": account_id, "digest": "0" * 64, "correlation_id": TICKET}

    def filled(name: re.Match[str]) -> str:
        return known.get(name[1], "1")

    for path, operations in paths.items():
        if "get" in operations and path not in STREAMS:
            address = re.sub(r"{(\w+)}", filled, path)
            addresses += [address, f"{address}?account={account_id}", f"{address}?limit=200"]
    answers = [(await api.client.get(address)).content for address in addresses]
    async with event_stream(api.client, "/v1/feed?after=0") as stream:
        while True:
            item = await stream.item()
            answers.append(json.dumps(item.data, ensure_ascii=False).encode())
            if item.id is not None and item.id >= head - 1:
                break
    return b"\n".join(answers)


async def read_by_the_commands(api: RunningApi, database: str, account_id: str) -> bytes:
    """Run what a person would type, with the key at hand."""
    environment = {
        "LINKWRIGHT_URL": api.url,
        "LINKWRIGHT_API_KEY": api.key,
        "LINKWRIGHT_DATA": str(api.services.settings.data / "none"),
        "DATABASE_URL": database,
    }
    commands = (
        ["accounts"],
        ["accounts", "--json"],
        ["replay", "show", account_id],
        ["replay", "show", account_id, "--json"],
        ["messages", account_id],
        ["verify"],
    )
    said: list[bytes] = []
    for command in commands:
        done = await asyncio.wait_for(
            asyncio.to_thread(CliRunner(env=environment).invoke, linkwright, command), CLI_LIMIT_S
        )
        assert done.exit_code == 0, (command, done.output)
        said.append(done.output.encode())
    return b"\n".join(said)


async def read_the_log(api: RunningApi, database: str) -> bytes:
    """Take everything that the log gives, and what the checked replay gives."""
    log = api.services.log
    replayed = await asyncio.to_thread(lambda: list(checked_events(database, Keys(MASTER_KEY))))
    read = await log.read(0, 1000)
    assert replayed == read
    rows = await log.account_rows()
    attempts = [await log.attempt_rows(row["account_id"]) for row in rows]
    inputs = await log.read_inputs(None)
    return "\n".join(map(str, [*read, *inputs, *rows, *attempts])).encode()


async def read_everything(api: RunningApi, database: str, account_id: str) -> bytes:
    return b"\n".join(
        (
            await read_by_every_route(api, account_id),
            await read_by_the_commands(api, database, account_id),
            await read_the_log(api, database),
        )
    )


async def test_nothing_without_the_master_key_and_nothing_at_all_once_erased(
    api: RunningApi, database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    ayu, budi = await plant(api, AYU), await plant(api, BUDI)

    written = dump(database)
    assert b"AccountRegistered" in written
    assert ayu.encode() in written
    assert (found_in(written, AYU), found_in(written, BUDI)) == ([], [])
    read = await read_everything(api, database, ayu)
    assert found_in(read, AYU) == list(AYU.texts()), "the canaries are planted"
    assert verify(database).faults == ()

    done = await erase(api, ayu)

    assert (done["outcome"], done["account"]["status"]) == ("accepted", "NOT_CREATED")
    read = await read_everything(api, database, ayu)
    assert found_in(read, AYU) == []
    others = await read_everything(api, database, budi)
    assert found_in(others, AYU) == []
    assert found_in(others, BUDI) == list(BUDI.texts())
    written = dump(database)
    assert (found_in(written, AYU), found_in(written, BUDI)) == ([], [])
    assert verify(database).faults == ()
    said = capfd.readouterr()
    assert found_in((said.out + said.err).encode(), AYU) == []


async def test_it_stays_so_when_the_service_starts_again(database: str, tmp_path: Path) -> None:
    async with running_api(database, tmp_path / "first") as api:
        ayu = await plant(api, AYU)
        await erase(api, ayu)
    async with running_api(database, tmp_path / "second") as api:
        read = await read_everything(api, database, ayu)
        assert found_in(read, AYU) == []
        assert (await erase(api, ayu))["rule"] == "already_erased"


async def test_another_process_that_knew_everything_forgets_it(
    api: RunningApi, database: str, tmp_path: Path
) -> None:
    ayu = await plant(api, AYU)
    async with running_api(database, tmp_path / "other") as other:
        assert found_in(await read_everything(other, database, ayu), AYU) == list(AYU.texts())
        done = await erase(api, ayu)
        await other.client.get("/v1/accounts", params={"min_position": done["position"]})
        assert found_in(await read_everything(other, database, ayu), AYU) == []


async def test_what_a_page_tells_later_is_not_kept(api: RunningApi, database: str) -> None:
    ayu = await plant(api, AYU)
    attempt = (await api.client.get(f"/v1/accounts/{ayu}")).json()["account"]["attempt"]["id"]
    await erase(api, ayu)
    ready = RecordReady(
        at=clock.now(), attempt=attempt, phone=AYU.phone, phone_fingerprint="f", name=AYU.name
    )
    assert (await api.see(ayu, ready)).outcome == "ignored"
    assert found_in(await read_everything(api, database, ayu), AYU) == []


async def test_erasing_while_the_page_goes_on_telling(api: RunningApi, database: str) -> None:
    """Whichever comes first, nothing is left of it."""
    accounts = [await plant(api, AYU) for _ in range(3)]
    attempts = [
        (await api.client.get(f"/v1/accounts/{one}")).json()["account"]["attempt"]["id"]
        for one in accounts
    ]

    async def go_on_telling(account_id: str, attempt: str) -> None:
        for _ in range(8):
            ready = RecordReady(
                at=clock.now(),
                attempt=attempt,
                phone=AYU.phone,
                phone_fingerprint=f"of {clock.monotonic_s()}",  # so that it is news each time
                name=AYU.name,
            )
            await api.see(account_id, ready)

    telling = [go_on_telling(*one) for one in zip(accounts, attempts, strict=True)]
    await asyncio.gather(*telling, *(erase(api, one) for one in accounts))
    for account_id in accounts:
        assert found_in(await read_everything(api, database, account_id), AYU) == []
    assert verify(database).faults == ()


async def test_outcomes_of_erasing(api: RunningApi) -> None:
    fresh = await api.register(label="Never linked")
    assert (await erase(api, fresh))["outcome"] == "accepted"
    again = await erase(api, fresh)
    assert (again["outcome"], again["rule"]) == ("ignored", "already_erased")

    destroyed, _ = await api.ready_account(label="Destroyed before")
    await api.client.delete(f"/v1/accounts/{destroyed}")
    shown = (await api.client.get(f"/v1/accounts/{destroyed}")).json()["account"]
    assert shown["label"] == "Destroyed before"
    erased = (await erase(api, destroyed))["account"]
    assert (erased["label"], erased["phone"], erased["name"]) == ("", None, "")

    unknown = await api.client.delete("/v1/accounts/acc_unknown?erase=true")
    assert unknown.status_code == 404
    linked = await api.client.post(f"/v1/accounts/{fresh}/link", json={})
    assert code_of(linked) == "erased"
    plain = await api.client.delete(f"/v1/accounts/{fresh}")
    assert plain.json()["rule"] == "nothing_to_destroy"


async def test_the_workspaces_story_holds_fingerprints_only(api: RunningApi) -> None:
    """What it hears of an account is nothing that would have to be erased."""
    log, dispatch = api.services.log, api.services.dispatch
    ayu, budi = await plant(api, AYU), await plant(api, BUDI)
    reactor = asyncio.create_task(Reactor(log, dispatch, WorkspaceDispatch(log)).run())

    async def budi_is_claimed() -> bool:
        return len(await log.load(workspace_stream("default"))) > len((ayu, budi))

    await eventually(budi_is_claimed)
    reactor.cancel()
    await asyncio.wait([reactor])
    stream = workspace_stream("default")
    told = str([await log.load(stream), await log.read_inputs(stream)])
    assert api.services.keys.fingerprint(AYU.phone) in told
    assert found_in(told.encode(), AYU) == []
