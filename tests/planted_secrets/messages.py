"""Messages there and back, templates, and webhooks."""

import base64

from adapters import clock
from adapters.browser.spec import ReceivedMessage
from adapters.message_contents import MessageContents
from app.receiving import Inbox, Receiving
from domain.message_observations import (
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason
from tests.planted_secrets.stage import Stage
from tests.running_api import WORKER

TEXT = "text of a message"


async def send_and_receive(here: Stage, account: str) -> None:
    """Send each kind of message, with every end that one may have, and get one back."""
    c = here.canaries
    picture = base64.b64encode(f"\xff\xd8\xff {c.word('file')}".encode("latin-1")).decode()
    file = {"name": f"{c.word('file name')}.jpg", "media_type": "image/jpeg", "content": picture}
    messages = (
        {"text": f"漢字 {c.word(TEXT)}"},
        {"text": c.word(TEXT), "file": file},
        {"template": "reminder", "values": {"customer": c.word("value of a template")}},
    )
    ids: list[str] = []
    for message in messages:
        body = {"to": f"+{c.phone('recipient')}", **message}
        ids.append(
            (await here.post(f"/v1/accounts/{account}/messages", body)).json()["message"]["id"]
        )
    await _say_what_became_of(here, account, ids)
    for message in ids:
        address = f"/v1/accounts/{account}/messages/{message}"
        await here.client.get(address)
        await here.client.get(f"{address}/content")
    await _receive(here, account)


async def _say_what_became_of(here: Stage, account: str, ids: list[str]) -> None:
    said, now = here.canaries.word, clock.now()
    for command in (
        RecordMessageNotSent(
            at=now,
            message=ids[0],
            reason=MessageReason.PAGE_REFUSED,
            detail=f"no chat with {said('detail of the page')}",
        ),
        RecordMessageSent(at=now, message=ids[0]),
        RecordMessageFailed(
            at=now,
            message=ids[1],
            reason=MessageReason.FILE_REFUSED,
            detail=said("detail of the page"),
        ),
    ):
        await here.api.see(account, command)


async def _receive(here: Stage, account: str) -> None:
    c, services = here.canaries, here.api.services
    inbox = Inbox(
        dispatch=services.dispatch,
        contents=MessageContents(services.database, services.evidence.account_keys),
        keys=services.keys,
        keeps_content=True,
        now=clock.now,
    )
    told = ReceivedMessage(
        whatsapp_id=f"false_{len(c)}@c.us_ABC",
        sender=c.phone("sender"),
        name=c.word("name of a sender"),
        text=c.word(TEXT),
        kind="text",
        at=clock.now(),
    )
    await Receiving(account, inbox=inbox, origin=WORKER).receive(told)


async def save_templates(here: Stage) -> None:
    """Save what the messages are laid out by, see it, and try what cannot be saved."""
    c, acme = here.canaries, {"workspace": "acme"}
    text = f"{c.word('text of a template')}: {{{{ customer }}}}"
    body = {"name": "reminder", "text": text, "workspace": "acme"}
    answered = await here.client.post("/v1/templates", json=body, headers=here.names())
    if answered.is_error:  # it is there from the time before
        assert answered.status_code == 409, answered.text
        await here.client.patch("/v1/templates/reminder", json={"text": text}, params=acme)
    await here.client.get("/v1/templates/reminder", params=acme)
    values = {"values": {"customer": c.word("value of a template")}}
    shown = await here.client.post("/v1/templates/reminder/preview", json=values, params=acme)
    assert shown.is_success, shown.text
    bad = "{{ x | " + c.word("misplaced") + " }}{% if " + c.word("misplaced")
    await here.refused("POST", "/v1/templates", json={"name": "bad", "text": bad})
    for values in ({"transporter": [c.word("misplaced")]}, {c.word("name of a field"): 1}):
        address = "/v1/templates/dispatch_notice/preview"
        await here.refused("POST", address, json={"values": values})


async def make_webhooks(here: Stage) -> None:
    """Make endpoints that hold what nobody may see, and have them told; try refused ones too."""
    c = here.canaries
    for path, workspace, profile in (
        ("up", "acme", "standard"),
        ("down", "acme", "standard"),
        ("up", "1", "blazz"),
    ):
        url = here.receiver.url(f"{path}/{c.word('address of a webhook')}")
        body = {
            "url": f"{url}?token={c.word('address of a webhook')}",
            "workspace": workspace,
            "profile": profile,
            "description": c.word("description of a webhook"),
            "secret": f"whsec_{c.word('secret of a webhook')}ABCDEFGHIJKL",
        }
        made = (await here.post("/v1/webhooks", body)).json()["webhook"]["id"]
        address = f"/v1/webhooks/{made}"
        await here.post(f"{address}/test")
        rotated = (await here.post(f"{address}/rotate-secret", {})).json()["secret"]
        c.add("secret of a webhook", rotated)
        await here.client.patch(address, json={"description": c.word("description of a webhook")})
        for word in ("", "/deliveries"):
            assert (await here.client.get(address + word)).is_success
    await _make_none(here)


async def _make_none(here: Stage) -> None:
    said = here.canaries.word
    kind = "address of a webhook that is refused"
    for url in (
        f"https://user:{said(kind)}@erp.example/hook",
        f"https://{said(kind)}@erp.example/hook",
        f"ftp://erp.example/{said(kind)}",
        f"http://10.0.0.1/?token={said(kind)}",
        f"https://{said(kind)}.localhost/",
        f"https://erp.example:99999/{said(kind)}",
        f"https://erp.example/%0a{said(kind)}",
        f"https://erp.example/ {said(kind)}",
        f"{said(kind)}://erp.example/",
        f"https://erp.example:{said(kind)}/",
        f"https://0x{said(kind)}/",
        f"//{said(kind)}",
    ):
        await here.refused("POST", "/v1/webhooks", json={"url": url, "workspace": "acme"})
    good = {"url": "https://erp.example/hook", "workspace": "acme"}
    for field in ("profile", "secret", "account", "types", "statuses", "after"):
        value = [said("misplaced")] if field in ("types", "statuses") else f"{said('misplaced')} é"
        await here.refused("POST", "/v1/webhooks", json=good | {field: value})
