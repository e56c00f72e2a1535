"""What somebody at a terminal plants: links, messages, templates, webhooks."""

import asyncio

from adapters import clock
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.dropin.scanning import running_attempt
from tests.planted_secrets.commands import Line, type_line
from tests.planted_secrets.linking import become_ready, show_pairing_code
from tests.planted_secrets.stage import Account, Stage
from tests.waiting import eventually


async def write_by_commands(here: Stage, database: str) -> list[Account]:
    """Link, send, and change templates and webhooks; give the accounts."""
    accounts = [await _fail(here, database, as_json=as_json) for as_json in (False, True)]
    accounts.append(await _link(here, database))
    for line in _lines(here, accounts[-1].id):
        await type_line(here, database, line)
    return accounts


def _lines(here: Stage, account: str) -> list[Line]:
    c = here.canaries
    file = here.api.services.settings.data / f"{c.word('file name')}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{c.word('text of a template')}: {{{{ customer }}}}", "utf-8")
    about = ("--description", c.word("description of a template"))
    value = ("--value", f"customer={c.word('value of a template')}")
    url = here.receiver.url(f"up/{c.word('address of a webhook')}")
    to = (account, c.phone("recipient"), "--queue")
    return [
        Line("send", (*to, c.word("text of a message"))),
        Line("send", (*to, "--file", str(file))),
        Line("templates save", ("typed", str(file), *about)),
        Line("templates show", ("typed",)),
        Line("templates preview", ("typed", *value)),
        Line("send", (*to, "--template", "typed", *value)),
        Line("templates delete", ("typed",)),
        Line("hooks add", (url, "--description", c.word("description of a webhook"))),
    ]


async def _link(here: Stage, database: str) -> Account:
    """Link a new account by a code that is drawn."""
    c, workspace = here.canaries, f"typed-{len(here.canaries)}"
    line = Line("link", ("--label", c.word("label"), "--workspace", workspace))
    linking = asyncio.create_task(type_line(here, database, line, as_json=(False,)))
    account, attempt = await running_attempt(here.api, workspace)
    await here.api.show_code(account, attempt, f"2@{c.word('QR text')},BBBB=,CCCC=,DDDD=,1")
    await _fetched(here, account)
    await here.api.scan(account, attempt)
    await become_ready(here, account, attempt)
    await linking
    return Account(account)


async def _fail(here: Stage, database: str, *, as_json: bool) -> Account:
    """Begin with a pairing code, which is shown as text and not as JSON, and let the page fail."""
    c, workspace = here.canaries, f"typed-{len(here.canaries)}"
    method = ("--pairing-code", f"+{c.phone('pairing phone')}", "--workspace", workspace)
    line = Line("link", (*method, "--label", c.word("label")))
    linking = asyncio.create_task(type_line(here, database, line, as_json=(as_json,)))
    account, attempt = await running_attempt(here.api, workspace)
    await show_pairing_code(here, account, attempt)
    if not as_json:
        await _fetched(here, account)
    said, now = c.word("detail of the page"), clock.now()
    problem = RecordProblem(at=now, attempt=attempt, reason=Reason.PAGE_CHANGED, detail=said)
    await here.api.see(account, problem)
    await linking
    return Account(account)


async def _fetched(here: Stage, account: str) -> None:
    """Wait until the command has fetched the code."""

    async def code_is_fetched() -> bool:
        told = (await here.client.get(f"/v1/accounts/{account}")).json()["account"]
        return bool(told["code"] and told["code"]["fetched"])

    await eventually(code_is_fetched)
