"""The drop-in APIs of other systems: their own words, and words that they should not have said."""

import asyncio
import json
from contextlib import suppress

import websockets

from adapters import clock
from domain.observations import RecordLogout
from tests.dropin.played_sender import linked_client, sent
from tests.dropin.scanning import answered_with_code
from tests.dropin.socket_io_client import SocketIoClient, socket_io_client
from tests.planted_secrets.linking import become_ready
from tests.planted_secrets.stage import Stage
from tests.waiting import eventually

NAME_OF = "name of another system"
KIND = "misplaced"
CHANNEL = "name of a channel"


async def link_others(here: Stage) -> list[str]:
    """Link accounts as each of the systems does; give them."""
    said, api = here.canaries.word, here.api
    ids = {"session_id": said(NAME_OF), "workspace_id": 1, "account_id": said(NAME_OF)}
    address = "/api/sessions/generate-qr"
    _, blazz, attempt = await answered_with_code(api, address, "1", json=ids)
    await api.scan(blazz, attempt)
    await become_ready(here, blazz, attempt)
    address = f"/api/whatsapp/sessions/{ids['session_id']}/mark-disconnected"
    await _mark(here, address, blazz, attempt)
    for name in ids:
        for wrong in ([said(KIND)], f"{said(KIND)} é", {"inner": said(KIND)}):
            await here.refused("POST", "/api/sessions/generate-qr", json={**ids, name: wrong})
    location = said(NAME_OF)
    _, ghl, attempt = await answered_with_code(api, f"/ghl/location/{location}/session", location)
    await here.client.get(f"/ghl/location/{location}/session")
    await api.scan(ghl, attempt)
    await become_ready(here, ghl, attempt)
    await here.client.get("/ghl/sessions")
    return [blazz, ghl]


async def _mark(here: Stage, address: str, account: str, attempt: str) -> None:
    body = {"workspace_id": 1, "reason": here.canaries.word(KIND)}
    marking = asyncio.create_task(here.client.post(address, json=body))

    async def logging_out() -> bool:
        return (await here.api.services.dispatch.load(account)).account.logout_requested

    await eventually(logging_out)
    gone = RecordLogout(at=clock.now(), attempt=attempt, by="client")
    await here.api.see(account, gone)
    assert (await marking).is_success


async def send_for_an_erp(here: Stage) -> str:
    """Send what an ERP sends, good and bad; give its account."""
    c, said = here.canaries, here.canaries.word
    account = await linked_client(here.api)
    for path, body in (
        ("send-message", {"message": said("text of a message")}),
        ("send-order", {"orderData": _order(here)}),
        ("send-dispatch", {"dispatchData": _order(here)}),
        ("send-proforma", {"invoiceData": _order(here)}),
        ("messages", {"message": said("text of a message")}),
        ("test", {}),
    ):
        asked = {"phoneNumber": c.phone("recipient"), **body}
        await _sent(here, account, path, asked)
        wrong = (
            {**asked, "phoneNumber": said(KIND)},
            {**asked, "phoneNumber": [said(KIND)]},
            {"phoneNumber": c.phone("recipient"), "message": [said(KIND)]},
        )
        for bad in wrong:
            await here.client.post(f"/api/whatsapp/{path}", json=bad)
    await here.client.get("/api/whatsapp/status")
    await here.client.get("/api/whatsapp/setup-status")
    await here.client.get(f"/api/whatsapp/messages/{said(KIND)}")
    await here.client.get(
        "/api/whatsapp/status", headers={"Linkwright-Workspace": f"{said(KIND)}!"}
    )
    return account


def _order(here: Stage) -> dict[str, object]:
    said = here.canaries.word
    kind = "value of a template"
    return {
        "orderNumber": said(kind),
        "invoiceNumber": said(kind),
        "date": "2023-12-07",
        "transporter": said(kind),
        "customer": {"name": said(kind), "mobile": here.canaries.phone(kind)},
        "items": [{"name": said(kind), "productName": said(kind), "qty": 1, "unit": "kg"}],
        "bankDetails": {"bankName": said(kind), "accountNumber": said(kind)},
    }


async def _sent(here: Stage, account: str, path: str, body: dict[str, object]) -> None:
    asking = asyncio.create_task(here.client.post(f"/api/whatsapp/{path}", json=body))

    async def waiting() -> list[str]:
        held = await here.api.services.dispatch.load(account)
        return [one.id for one in held.account.messages.queued] or ["refused"] * asking.done()

    [message] = await eventually(waiting)
    if message != "refused":
        await here.api.see(account, sent()(message))
    await asking


async def follow_others(here: Stage) -> None:
    """Follow as the systems' own pages do, with words that nobody asked for."""
    said = here.canaries.word
    url = here.api.url
    for auth in ({"token": here.canaries.key("wrong key")}, {"token": [said(KIND)]}, said(KIND)):
        async with socket_io_client(url) as socket:
            await socket.packet()
            here.watch.see("socket.io", (await socket.join(auth)).encode())
    for packet in (
        f"40/{said(CHANNEL)},",
        f'42["{said(KIND)}"]',
        said(KIND),
        f'40{{"a":"{said(KIND)}',
    ):
        async with socket_io_client(url) as socket:
            await socket.send(packet)
            await _hear_out(here, socket)
    async with socket_io_client(url) as socket:
        await socket.join({"token": here.api.key})
        await socket.send("42" + json.dumps([said(KIND), {"a": said(KIND)}]))
        await _hear_out(here, socket)


async def _hear_out(here: Stage, socket: SocketIoClient) -> None:
    """Search what is said until the service has complained."""
    await socket.send("no packet")
    with suppress(websockets.ConnectionClosed):
        while "no packet of socket.io" not in (said := await socket.packet()):
            here.watch.see("socket.io", said.encode())
        here.watch.see("socket.io", said.encode())
