"""Planted secrets are in no table, in no form that a reader of a dump would find."""

import base64
from urllib.parse import quote

import psycopg

from adapters.api_keys import ApiKeys
from adapters.event_log.database import Database
from adapters.event_log.interface import Append
from adapters.keys import Keys
from adapters.vault import Vault
from domain.log import InputToAppend
from domain.observations import RecordQr
from tests.event_log.appends import WORKER, account_row, registration
from tests.examples import ATTEMPT, LINK, QR_1, at
from tests.opened_log import open_log

MASTER = b"canary-of-the-master-key-32-byte"
QR_TEXT = "2@canary/of+a+pairing+secret=="
PAIRING_CODE = "CANA-RY42"


async def test_no_secret_stands_in_any_table(database: str, opened: Database) -> None:
    keys = Keys(MASTER)
    planted = await plant(opened, keys)

    with psycopg.connect(database) as connection:
        dump = b"\n".join(_table(connection, name) for name in _tables(connection))

    assert b"acc_1" in dump  # the dump is one
    for secret in planted:
        for form in _forms(secret):
            assert form not in dump, form


async def plant(opened: Database, keys: Keys) -> list[bytes]:
    """Send every secret through everything that keeps something."""
    log = open_log(opened)
    await log.append(registration("acc_1", rows=(account_row("acc_1", 1),)))
    vault, api_keys = Vault(opened, keys), ApiKeys(opened, keys)
    texts = {"acc_1": QR_TEXT, "acc_2": PAIRING_CODE}
    for account, text in texts.items():
        await vault.put(
            account=account,
            attempt=ATTEMPT,
            fingerprint=keys.fingerprint(text),
            text=text,
            expires_at=at(65),
            now=at(5),
        )
    seen = RecordQr(
        at=at(5), attempt=ATTEMPT, fingerprint=keys.fingerprint(QR_TEXT), expires_at=at(65)
    )
    await log.append(
        Append(
            stream="acc_1",
            expected_version=1,
            input=InputToAppend(command=seen, outcome="accepted", origin=WORKER),
            events=(LINK, QR_1),
        )
    )
    admin = await api_keys.ensure_admin_key(at(0))
    _, text = await api_keys.create("ERP", at(0))
    await api_keys.verify(text, at(1))
    await log.close()
    assert admin is not None
    secrets = [QR_TEXT, PAIRING_CODE, admin, text, admin.removeprefix("lw_"), keys.sandbox_control]
    derived = [MASTER, keys.sealing, keys.fingerprinting, keys.hashing_api_keys]
    return [*(secret.encode() for secret in secrets), *derived]


def _forms(secret: bytes) -> set[bytes]:
    return {
        secret,
        secret.hex().encode(),
        base64.b64encode(secret).rstrip(b"="),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
        quote(secret).encode(),
    }


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'public'"
    ).fetchall()
    return [name for (name,) in rows]


def _table(connection: psycopg.Connection, name: str) -> bytes:
    """Give all rows as text, with the columns of bytes also as the text that they may hold."""
    found = b""
    with connection.cursor(binary=True) as cursor:
        for row in cursor.execute(f"table {name}".encode()):
            found += b"\t".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    with connection.cursor() as cursor, cursor.copy(f"copy {name} to stdout".encode()) as copy:
        found += b"".join(bytes(part) for part in copy)
    return found
