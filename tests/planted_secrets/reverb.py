"""The channel of a Laravel front end: who it lets in, what it says, and what it is told wrongly."""

import json
from contextlib import suppress
from typing import Any

import websockets

from app.dropin.blazz_broadcasts import STATUS_CHANGED
from tests.dropin.echo import CHANNEL, Echo, echo
from tests.planted_secrets.dropins import link_others
from tests.planted_secrets.stage import Stage

KIND = "misplaced"
PLACE, PROBLEMS = "reverb", "problem of reverb"
NOT_FOUND, TOO_LONG = 404, 5000


async def follow_as_laravel(here: Stage) -> list[str]:
    """Follow a workspace while other systems link accounts of it; give these."""
    async with echo(here.api, app=here.reverb) as listener:
        await _begin(here, listener)
        subscribed = await listener.subscribe(CHANNEL)
        here.watch.see(PLACE, json.dumps(subscribed).encode())
        assert subscribed[0] == "pusher_internal:subscription_succeeded", subscribed
        linked = await link_others(here)
        while True:
            event, data = await listener.hears()
            here.watch.see(PLACE, json.dumps([event, data]).encode())
            if event == STATUS_CHANGED and data["status"] == "disconnected":
                return linked


async def misplace_on_reverb(here: Stage) -> None:
    """Say what nobody should, before and after the handshake."""
    await _come_wrongly(here)
    async with echo(here.api, app=here.reverb) as listener:
        await _begin(here, listener)
        for words in here.some(_wrong_words(here, listener)):
            await listener.connection.send(words)
            await _hear_problem(here, listener)
        name = f"private-workspace.{here.canaries.word('name of a channel')}"
        here.watch.see(PROBLEMS, json.dumps(await listener.subscribe(name)).encode())
        await listener.says("pusher:unsubscribe", channel=here.canaries.word(KIND))
        await listener.says(here.canaries.word(KIND), channel=name)
        await _hear_problem(here, listener)
        await listener.connection.send(here.canaries.word(KIND) * TOO_LONG)
        await _hear_out(here, listener)


async def _begin(here: Stage, listener: Echo) -> None:
    event, data = await listener.hears()
    here.watch.see(PLACE, json.dumps([event, data]).encode())
    assert event == "pusher:connection_established", data
    listener.socket_id = data["socket_id"]


async def _come_wrongly(here: Stage) -> None:
    """Name another application, by a path, a query and headers that carry texts."""
    c = here.canaries
    for wrong in (c.word(KIND), c.key("wrong key"), f"{here.reverb.app_key}{c.word(KIND)}"):
        async with echo(here.api, wrong, here.reverb) as listener:
            await _hear_out(here, listener)
    async with echo(here.api, f"{here.reverb.app_key}?a={c.word(KIND)}&b=", here.reverb) as one:
        await _begin(here, one)
    for address in (f"/app/{c.word(KIND)}", f"/app/{here.reverb.app_key}?{c.word(KIND)}"):
        headers = {"Origin": f"https://{c.word(KIND)}.example", "Cookie": f"a={c.word(KIND)}"}
        assert (await here.refused("GET", address, headers=headers)).status_code == NOT_FOUND


def _wrong_words(here: Stage, listener: Echo) -> list[str | bytes]:
    c = here.canaries
    wanted: tuple[dict[str, Any], ...] = (
        {"channel": c.word(KIND)},
        {"channel": [c.word(KIND)]},
        {"channel": CHANNEL, "auth": c.key("wrong key")},
        {"channel": CHANNEL, "auth": f"{here.reverb.app_key}:{c.word('wrong key')}"},
        {"channel": CHANNEL, "auth": listener.signed(CHANNEL, c.word("wrong key"))},
        {"channel": CHANNEL, "auth": {"inner": c.word(KIND)}},
        {"channel": f"{CHANNEL}{c.word(KIND)}", "auth": listener.signed(CHANNEL)},
        {"channel": c.word(KIND) * 20, "auth": ""},
    )
    return [
        *(json.dumps({"event": "pusher:subscribe", "data": one}) for one in wanted),
        json.dumps({"event": f"client-{c.word(KIND)}", "data": {"a": c.word(KIND)}}),
        json.dumps({"event": [c.word(KIND)]}),
        json.dumps([c.word(KIND)]),
        c.word(KIND),
        f'{{"event":"{c.word(KIND)}',
        f"\xff{c.word(KIND)}".encode("latin-1"),
    ]


async def _hear_problem(here: Stage, listener: Echo) -> None:
    event, data = await listener.hears()
    here.watch.see(PROBLEMS, json.dumps([event, data]).encode())
    assert event == "pusher:error", event


async def _hear_out(here: Stage, listener: Echo) -> None:
    """Search what is said until the service has closed the socket, and why it did."""
    with suppress(websockets.ConnectionClosed):
        while True:
            here.watch.see(PROBLEMS, json.dumps(await listener.hears()).encode())
    assert listener.connection.close_code is not None
    here.watch.see(PROBLEMS, (listener.connection.close_reason or "").encode())
