"""Templates of a workspace over HTTP: saved, changed, deleted, previewed."""

import asyncio
from typing import Any

from app.templates.built_in import BUILT_IN, layout_of
from tests.http_api.callers import code_of, same
from tests.http_api.template_problems import REMINDER
from tests.message_templates import papers
from tests.running_api import RunningApi

KEY = {"Idempotency-Key": "template-1"}


async def test_every_workspace_has_the_built_in_ones_and_its_own(api: RunningApi) -> None:
    listed = (await api.client.get("/v1/templates?workspace=acme")).json()
    assert [one["name"] for one in listed["templates"]] == sorted(BUILT_IN)
    assert all(one["built_in"] and one["updated_at"] is None for one in listed["templates"])
    shown = (await api.client.get("/v1/templates/dispatch_notice")).json()
    assert shown["text"] == layout_of("dispatch_notice")
    required = [one["name"] for one in shown["fields"] if one["required"]]
    assert required == ["transporter"]

    await api.client.post("/v1/templates", json=REMINDER | {"workspace": "acme"})
    await api.client.post("/v1/templates", json=REMINDER | {"workspace": "rival", "text": "Pay"})
    for workspace, text in (("acme", REMINDER["text"]), ("rival", "Pay")):
        shown = await api.client.get(f"/v1/templates/reminder?workspace={workspace}")
        assert (shown.json()["workspace"], shown.json()["text"]) == (workspace, text)
    assert code_of(await api.client.get("/v1/templates/reminder")) == "no_such_template"
    await api.client.delete("/v1/templates/reminder?workspace=rival")
    assert (await api.client.get("/v1/templates/reminder?workspace=acme")).status_code == 200


async def test_a_template_is_saved_shown_changed_and_deleted(api: RunningApi) -> None:
    saved = await api.client.post("/v1/templates", json=REMINDER | {"description": "Asks"})
    assert saved.status_code == 201
    assert saved.json()["values"] == ["customer"]
    assert (await api.client.get("/v1/templates/reminder")).json() == saved.json()
    version = saved.json()["updated_at"]
    changed = await api.client.patch(
        "/v1/templates/reminder", json={"text": "Hi {{ name }}", "version": version}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["values"] == ["name"]
    assert changed.json()["description"] == "Asks"
    assert changed.json()["updated_at"] > version
    deleted = await api.client.delete("/v1/templates/reminder")
    assert deleted.json() == changed.json()
    assert code_of(await api.client.get("/v1/templates/reminder")) == "no_such_template"


async def test_a_built_in_template_gets_another_layout_and_its_own_back(api: RunningApi) -> None:
    values: dict[str, Any] = {"values": papers.DISPATCH}
    preview = "/v1/templates/dispatch_notice/preview"
    first = (await api.client.post(preview, json=values)).json()
    assert (first["text"], first["version"]) == (papers.DISPATCH_TEXT, "built-in")

    text = "Sent with {{ transporter }} on {{ dispatch_date }}"
    changed = await api.client.patch("/v1/templates/dispatch_notice", json={"text": text})
    assert changed.json()["built_in"] is True
    second = (await api.client.post(preview, json=values)).json()
    assert second["text"] == "Sent with VRL Logistics on 8 Dec 2025"
    assert second["version"] == changed.json()["updated_at"].replace("Z", "+00:00")
    missing = await api.client.post(preview, json={"values": {}})
    assert [one["field"] for one in missing.json()["errors"]] == ["transporter"]
    elsewhere = await api.client.post(f"{preview}?workspace=acme", json=values)
    assert elsewhere.json()["text"] == papers.DISPATCH_TEXT

    await api.client.delete("/v1/templates/dispatch_notice")
    assert (await api.client.post(preview, json=values)).json() == first

    # A text is tried before it is saved.
    body = {"text": "{{ total | money }}", "values": {"total": 1180}}
    tried = await api.client.post("/v1/templates/order_details/preview", json=body)
    assert code_of(tried) == "unfit_values"  # the built-in template's own fields are read first
    body["values"] = {"order_number": 7, "total": 1180}
    body["text"] = "{{ order_number }}: {{ total }}"
    tried = await api.client.post("/v1/templates/order_details/preview", json=body)
    assert (tried.json()["text"], tried.json()["version"]) == ("7: ₹1,180.00", "unsaved")
    assert (await api.client.get("/v1/templates/order_details")).json()["updated_at"] is None


async def test_saving_twice_is_saving_once(api: RunningApi) -> None:
    first = await api.client.post("/v1/templates", json=REMINDER, headers=KEY)
    same(first, await api.client.post("/v1/templates", json=REMINDER, headers=KEY))
    again = await api.client.post("/v1/templates", json=REMINDER)
    assert (again.status_code, again.json()) == (201, first.json())
    body = {"values": {"customer": "Asha"}}
    preview = {"Idempotency-Key": "preview-1"}
    shown = await api.client.post("/v1/templates/reminder/preview", json=body, headers=preview)
    assert shown.json()["text"] == "Dear Asha"
    same(shown, await api.client.post("/v1/templates/reminder/preview", json=body, headers=preview))


async def test_of_two_changes_to_one_version_one_is_made(api: RunningApi) -> None:
    version = (await api.client.post("/v1/templates", json=REMINDER)).json()["updated_at"]
    answers = await asyncio.gather(
        *(
            api.client.patch(
                "/v1/templates/reminder", json={"text": f"version {n}", "version": version}
            )
            for n in range(4)
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    won = next(one for one in answers if one.status_code == 200)
    assert (await api.client.get("/v1/templates/reminder")).json() == won.json()


async def test_a_message_is_laid_out_by_its_own_workspace(api: RunningApi) -> None:
    account_id, _ = await api.ready_account(workspace="acme")
    messages = f"/v1/accounts/{account_id}/messages"
    for workspace in ("acme", "rival"):
        text = f"{workspace}: {{{{ lr_number }}}} by {{{{ transporter }}}}"
        address = f"/v1/templates/dispatch_notice?workspace={workspace}"
        assert (await api.client.patch(address, json={"text": text})).is_success
    to = {"to": "98765 43210", "template": "dispatch_notice", "values": papers.DISPATCH}
    refused = await api.client.post(messages, json=to)
    assert (code_of(refused), refused.json()["cause"]) == ("unreadable_phone", "no_such_number")
    to["to"] = "+91 98765 43210"
    missing = await api.client.post(messages, json=to | {"values": {"lr": 7}})
    assert [one["field"] for one in missing.json()["errors"]] == ["transporter"]
    sent = await api.client.post(messages, json=to)
    assert sent.status_code == 202, sent.text
    listed = (await api.client.get(messages)).json()["messages"]
    assert [one["id"] for one in listed] == [sent.json()["message"]["id"]]
    content = (await api.client.get(f"{messages}/{listed[0]['id']}/content")).json()
    assert content["text"] == "acme: LR 99812 by VRL Logistics"
