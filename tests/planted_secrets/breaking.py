"""Breaks the service in the middle of requests that carry secrets: it may log none of them."""

from collections.abc import Generator
from contextlib import contextmanager
from unittest.mock import patch

import psycopg
from psycopg import sql

from adapters.event_log.errors import Conflict, StorageUnavailable
from tests.planted_secrets.stage import Stage

TABLES = (
    "accounts",
    "events",
    "inputs",
    "messages",
    "message_contents",
    "templates",
    "webhook_endpoints",
    "webhook_secrets",
    "idempotency_keys",
    "qr_vault",
)


async def break_inside(here: Stage, database: str, account: str) -> None:
    """Ask for everything that writes while it cannot be written, for one reason after the other."""
    for error in (RuntimeError("a defect"), StorageUnavailable("away"), Conflict(account, 1)):
        with _broken_log(here, error):
            await _write_everything(here, account)
    for table in here.some(TABLES):
        with _refused_rows(database, table):
            await _write_everything(here, account)


async def _write_everything(here: Stage, account: str) -> None:
    c, address = here.canaries, f"/v1/accounts/{account}"
    said = c.word
    for path, body in (
        ("/v1/accounts", {"label": said("label")}),
        (f"{address}/link", {"method": "pairing_code", "phone": c.phone("pairing phone")}),
        (
            f"{address}/messages",
            {"to": c.phone("recipient"), "text": said("text of a message"), "queue": True},
        ),
        (
            "/v1/templates",
            {"name": "broken", "text": said("text of a template"), "workspace": "acme"},
        ),
        (
            "/v1/webhooks",
            {
                "url": f"https://erp.example/{said('address of a webhook')}",
                "secret": f"whsec_{said('secret of a webhook')}ABCDEFGHIJKL",
            },
        ),
    ):
        await here.client.post(path, json=body, headers=here.names())
    await here.client.delete("/v1/templates/broken", params={"workspace": "acme"})


@contextmanager
def _broken_log(here: Stage, error: Exception) -> Generator[None]:
    log = here.api.services.log

    async def broken(_: object) -> None:
        raise error

    with patch.object(log, "append", broken):
        yield


@contextmanager
def _refused_rows(database: str, table: str) -> Generator[None]:
    """Have PostgreSQL refuse each new row: its complaint quotes the row."""
    name = sql.Identifier(table)
    with psycopg.connect(database, autocommit=True) as connection:
        broken = sql.SQL("alter table {} add constraint broken check (false) not valid")
        connection.execute(broken.format(name))
        try:
            yield
        finally:
            mended = sql.SQL("alter table {} drop constraint broken")
            connection.execute(mended.format(name))
