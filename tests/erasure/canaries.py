"""Texts that tell of a person: planted through the real API, and looked for in every form."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import msgspec
import psycopg

from adapters import clock
from adapters.postgres_server.client_programs import choose_clients
from domain.message_observations import RecordMessageFailed, RecordMessageReceived
from domain.message_reasons import MessageReason
from domain.observations import (
    RecordLogout,
    RecordPage,
    RecordPairingCode,
    RecordProblem,
    RecordReady,
    RecordScan,
)
from domain.reasons import Reason
from tests.running_api import RunningApi


class Person(msgspec.Struct, frozen=True):
    """What one account holds of one person; every text is found nowhere else."""

    label: str
    phone: str
    pairing_phone: str
    name: str
    detail: str
    peer: str
    """Whom a message goes to, and another one comes from."""
    said: str

    def texts(self) -> tuple[str, ...]:
        return (*(self.label, self.phone, self.pairing_phone, self.name), *self.about_others())

    def about_others(self) -> tuple[str, ...]:
        return (self.detail, self.peer, self.said)


AYU = Person(
    label="Stand № 7 ロビー «Zürich»",
    phone="628115550071234",
    pairing_phone="628115550079876",
    name="Аюна ك漢字 Ångström 🦜",
    detail="chat 628115550071234@c.us of “Аюна” is gone",
    peer="628115550003",
    said="Заказ 7 готов, Ürümqi 🐫",
)
BUDI = Person(
    label="Kasse द्वार",
    phone="4915198765432",
    pairing_phone="4915112340987",
    name='بودي O\'Brien \\ "x"',
    detail="no such contact: O'Brien بودي",
    peer="4915170009999",
    said="Votre reçu n° 9 «Kasse»",
)


async def plant(api: RunningApi, person: Person) -> str:
    """Send every text wherever it is taken: as a client, and as a page does."""
    client = api.client
    account_id = await api.register(label=person.label)
    await client.post("/v1/accounts", json={"label": person.label, "surplus": person.phone})
    body = {"method": "pairing_code", "phone": f"+{person.pairing_phone}"}
    key = {"Idempotency-Key": f"link-{account_id}"}
    address = f"/v1/accounts/{account_id}/link"
    attempt = await _begin(api, address, body, key)
    await client.post(address, json=body, headers=key)  # told again from the log
    expires_at = clock.now()
    await api.see(
        account_id,
        RecordPairingCode(at=expires_at, attempt=attempt, fingerprint="f", expires_at=expires_at),
    )
    await api.see(
        account_id,
        RecordProblem(
            at=clock.now(), attempt=attempt, reason=Reason.PAGE_CHANGED, detail=person.detail
        ),
    )
    attempt = await _begin(api, address, {}, {})
    await api.see(account_id, RecordPage(at=clock.now(), attempt=attempt, phase="page_loaded"))
    await api.see(account_id, RecordScan(at=clock.now(), attempt=attempt))
    ready = RecordReady(
        at=clock.now(),
        attempt=attempt,
        phone=person.phone,
        phone_fingerprint=api.services.keys.fingerprint(person.phone),
        name=person.name,
        platform=person.name,
    )
    await api.see(account_id, ready)
    await api.see(account_id, ready)  # ignored, and in the log all the same
    await _write(api, account_id, person)
    late = RecordLogout(at=clock.now(), attempt="long ago", by="phone", detail=person.detail)
    await api.see(account_id, late)
    return account_id


async def _write(api: RunningApi, account_id: str, person: Person) -> None:
    """Send a message that fails, and get one."""
    body = {"to": f"+{person.peer}", "text": person.said}
    answered = await api.client.post(f"/v1/accounts/{account_id}/messages", json=body)
    assert answered.status_code == 202, answered.text
    failed = RecordMessageFailed(
        at=clock.now(),
        message=answered.json()["message"]["id"],
        reason=MessageReason.PAGE_REFUSED,
        detail=person.detail,
    )
    await api.see(account_id, failed)
    came = RecordMessageReceived(
        at=clock.now(),
        message=f"msg_{account_id.removeprefix('acc_')}",
        whatsapp_id="3EB0",
        sender=person.peer,
        sender_fingerprint=api.services.keys.fingerprint(person.peer),
        name=person.name,
    )
    await api.see(account_id, came)


async def _begin(api: RunningApi, address: str, body: object, headers: dict[str, str]) -> str:
    answered = await api.client.post(address, json=body, headers=headers)
    assert answered.status_code == 202, answered.text
    return answered.json()["account"]["attempt"]["id"]


def dump(database: str) -> bytes:
    """Give what pg_dump writes, as text, and once more with every bytea as the bytes it is."""
    with psycopg.connect(database) as connection:
        programs = choose_clients(os.environ, server_major=connection.info.server_version // 10_000)
    command = [programs.folder / "pg_dump", "--dbname", database, "--inserts"]
    written = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    return written + b"\n".join(
        bytes.fromhex(found.decode()) for found in re.findall(rb"\\x((?:[0-9a-f]{2})+)", written)
    )


def forms(text: str) -> Iterator[bytes]:
    """Give the forms in which a reader would find the text."""
    plain = text.encode()
    wide = (text.encode("utf-16-le"), text.encode("utf-16-be"))
    for data in (plain, *wide):
        yield data
        yield data.hex().encode()
        yield data.hex().upper().encode()
        for skipped in range(3):  # wherever it begins within what was encoded
            inside = base64.b64encode(bytes(skipped) + data)[4 * bool(skipped) : -4]
            yield inside
            yield inside.translate(bytes.maketrans(b"+/", b"-_"))
    yield json.dumps(text)[1:-1].encode()
    yield json.dumps(text, ensure_ascii=False)[1:-1].encode()
    yield quote(text).encode()
    yield repr(text)[1:-1].encode()


def found_in(data: bytes, person: Person) -> list[str]:
    """Name the texts that are found in the data."""
    return [text for text in person.texts() if any(form in data for form in forms(text))]
