"""Webhook endpoints: who is told, of what, from where on, and the secrets that sign it.

Addresses and secrets are sealed under a key that is not in the database, each bound to its
endpoint. What people change gets a new number, by which the process that delivers notices it.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, LiteralString

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.event_log.database import Database
from adapters.keys import Keys

NONCE_BYTES = 12
"""What GCM is made for (NIST SP 800-38D)."""
MOST_ENDPOINTS = 20
"""Of one workspace. Each is a reader of the log; customers' systems need two or three."""
MOST_SECRETS = 4
"""That sign at once: Standard Webhooks allows any number, and each costs a signature a try."""

Disabled = Literal["", "asked", "gone", "failing"]
"""Empty: it is not. gone: it answered 410. failing: it took nothing for days."""


class WebhookUnsealable(Exception):
    """An address or a secret was sealed under another master key, or somebody changed it."""


class TooManyEndpoints(Exception):
    """The workspace has as many as it may have."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One receiver, and how it stands."""

    id: str
    workspace: str
    url: str
    description: str
    profile: str
    account_id: str | None
    types: tuple[str, ...] | None
    statuses: tuple[str, ...] | None
    disabled: Disabled
    disabled_at: datetime | None
    created_at: datetime
    updated_at: datetime
    change: int
    position: int
    saves: int
    delivered_at: datetime | None
    failing_since: datetime | None
    last_error: str
    delivered: int
    failed_tries: int
    held: int
    """Accounts that are held up."""
    set_aside: int
    """Items that were given up."""

    def __repr__(self) -> str:
        """Keep the address out of tracebacks and logs."""
        return f"Endpoint({self.id}, {self.workspace}, {self.profile}, {self.disabled!r})"


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What makes an endpoint."""

    workspace: str
    url: str
    description: str
    profile: str
    account_id: str | None
    types: Sequence[str] | None
    statuses: Sequence[str] | None
    position: int

    def __repr__(self) -> str:
        """Keep the address out of tracebacks and logs."""
        return f"NewEndpoint({self.workspace}, {self.profile})"


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """One secret that signs until it expires."""

    id: str
    text: str
    created_at: datetime
    expires_at: datetime | None

    def __repr__(self) -> str:
        """Keep the text out of tracebacks and logs."""
        return f"Secret({self.id})"


COLUMNS: LiteralString = """
    endpoint_id as id, workspace, sealed_url, description, profile, account_id, types, statuses,
    disabled, disabled_at, created_at, updated_at, change, position, saves, delivered_at,
    failing_since, last_error, delivered, failed_tries,
    (select count(*) from webhook_held h where h.endpoint_id = e.endpoint_id) as held,
    (select count(*) from webhook_set_aside s where s.endpoint_id = e.endpoint_id) as set_aside
"""
NAMES = tuple(part.split()[-1] for part in re.sub(r"\([^)]*\)", "", COLUMNS).split(","))
FIND: LiteralString = f"select {COLUMNS} from webhook_endpoints e where endpoint_id = %s"  # noqa: S608
LIST: LiteralString = f"""
    select {COLUMNS} from webhook_endpoints e
    where (%(workspace)s::text is null or workspace = %(workspace)s) and endpoint_id > %(after)s
    order by endpoint_id limit %(limit)s
"""  # noqa: S608
# Two that are made at once may both be the last one: the limit keeps order, it is no promise.
MAKE: LiteralString = """
    with made as (
        insert into webhook_endpoints (endpoint_id, workspace, sealed_url, description, profile,
            account_id, types, statuses, created_at, updated_at, position)
        select %(id)s, %(workspace)s, %(url)s, %(description)s, %(profile)s, %(account_id)s,
            %(types)s, %(statuses)s, %(now)s, %(now)s, %(position)s
        where (select count(*) from webhook_endpoints where workspace = %(workspace)s) < %(most)s
        on conflict (endpoint_id) do nothing returning endpoint_id
    )
    insert into webhook_secrets (endpoint_id, secret_id, sealed, created_at)
    select endpoint_id, %(secret_id)s, %(secret)s, %(now)s from made returning 1
"""
CHANGE: LiteralString = """
    update webhook_endpoints set sealed_url = %(url)s, description = %(description)s,
        profile = %(profile)s, account_id = %(account_id)s, types = %(types)s,
        statuses = %(statuses)s, updated_at = %(now)s, change = nextval('webhook_changes')
    where endpoint_id = %(id)s returning 1
"""
DISABLE: LiteralString = """
    update webhook_endpoints set disabled = %(because)s, disabled_at = %(now)s,
        updated_at = %(now)s, change = nextval('webhook_changes')
    where endpoint_id = %(id)s and disabled = '' returning 1
"""
ENABLE: LiteralString = """
    with enabled as (
        update webhook_endpoints set disabled = '', disabled_at = null, failing_since = null,
            updated_at = %(now)s, change = nextval('webhook_changes')
        where endpoint_id = %(id)s and disabled <> '' returning endpoint_id
    ), due as (
        update webhook_held h set next_at = %(now)s, tries = 0, first_tried_at = null
        from enabled where h.endpoint_id = enabled.endpoint_id
    )
    select count(*) from enabled
"""
SECRETS: LiteralString = """
    select secret_id, sealed, created_at, expires_at from webhook_secrets
    where endpoint_id = %s and (expires_at is null or expires_at > %s) order by created_at desc
"""
ROTATE: LiteralString = """
    with gone as (
        delete from webhook_secrets where endpoint_id = %(id)s and secret_id in (
            select secret_id from webhook_secrets
            where endpoint_id = %(id)s and secret_id <> %(secret_id)s
            order by created_at desc offset %(most)s
        )
    ), older as (
        update webhook_secrets set expires_at = least(expires_at, %(expires_at)s)
        where endpoint_id = %(id)s and secret_id <> %(secret_id)s
    ), changed as (
        update webhook_endpoints set updated_at = %(now)s, change = nextval('webhook_changes')
        where endpoint_id = %(id)s returning 1
    )
    insert into webhook_secrets (endpoint_id, secret_id, sealed, created_at)
    select %(id)s, %(secret_id)s, %(sealed)s, %(now)s from changed
    on conflict (endpoint_id, secret_id) do nothing returning 1
"""


class WebhookEndpoints:
    """Endpoints in the database. Every method may raise StorageUnavailable."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._cipher = AESGCM(keys.sealing_webhooks)

    async def make(
        self, endpoint_id: str, new: NewEndpoint, secret: Secret, now: datetime
    ) -> Endpoint:
        """Make an endpoint; TooManyEndpoints, WebhookUnsealable."""
        values = {
            **msgspec.structs.asdict(new),
            "id": endpoint_id,
            "url": self._seal(new.url, endpoint_id, "url"),
            "types": _listed(new.types),
            "statuses": _listed(new.statuses),
            "secret_id": secret.id,
            "secret": self._seal(secret.text, endpoint_id, secret.id),
            "now": now,
            "most": MOST_ENDPOINTS,
        }
        await self._database.fetch(MAKE, values)
        made = await self.find(endpoint_id)
        if made is None:
            message = f"Workspace {new.workspace} has {MOST_ENDPOINTS} webhooks, which is the limit"
            raise TooManyEndpoints(message)
        return made

    async def find(self, endpoint_id: str) -> Endpoint | None:
        """Give an endpoint; None if there is none with this id."""
        records = await self._database.fetch(FIND, (endpoint_id,))
        return self._endpoint(records[0]) if records else None

    async def of(self, workspace: str | None, after: str = "", limit: int = 100) -> list[Endpoint]:
        """List the endpoints of one workspace, or of all (None), in the order of their making."""
        values = {"workspace": workspace, "after": after, "limit": limit}
        return [self._endpoint(record) for record in await self._database.fetch(LIST, values)]

    async def changes(self) -> dict[str, int]:
        """Give for each endpoint the number of its last change.

        Whoever looks compares them all: numbers are taken before they can be seen, so a change may
        come to light after one with a higher number.
        """
        records = await self._database.fetch("select endpoint_id, change from webhook_endpoints")
        return dict(records)

    async def change(self, changed: Endpoint, now: datetime) -> bool:
        """Store another address, description, profile or filter; False if it is gone."""
        values = {
            "id": changed.id,
            "url": self._seal(changed.url, changed.id, "url"),
            "description": changed.description,
            "profile": changed.profile,
            "account_id": changed.account_id,
            "types": _listed(changed.types),
            "statuses": _listed(changed.statuses),
            "now": now,
        }
        return bool(await self._database.fetch(CHANGE, values))

    async def delete(self, endpoint_id: str) -> None:
        """Delete an endpoint with all that is kept of it."""
        await self._database.fetch(
            "delete from webhook_endpoints where endpoint_id = %s", (endpoint_id,)
        )

    async def disable(self, endpoint_id: str, because: Disabled, now: datetime) -> bool:
        """Deliver nothing any more; its place is kept. False: it was disabled, or is gone."""
        values = {"id": endpoint_id, "because": because, "now": now}
        return bool(await self._database.fetch(DISABLE, values))

    async def enable(self, endpoint_id: str, now: datetime) -> bool:
        """Deliver everything since it was disabled, what was held up at once."""
        values = {"id": endpoint_id, "now": now}
        return bool((await self._database.fetch(ENABLE, values))[0][0])

    async def secrets(self, endpoint_id: str, now: datetime) -> list[Secret]:
        """Give the secrets that sign now, the newest first. Raises WebhookUnsealable."""
        return [
            Secret(
                id=secret_id,
                text=self._open(sealed, endpoint_id, secret_id),
                created_at=created_at,
                expires_at=expires_at,
            )
            for secret_id, sealed, created_at, expires_at in await self._database.fetch(
                SECRETS, (endpoint_id, now)
            )
        ]

    async def rotate(
        self, endpoint_id: str, secret: Secret, old_until: datetime, now: datetime
    ) -> None:
        """Let a new secret sign; those before it sign beside it until `old_until`."""
        values = {
            "id": endpoint_id,
            "secret_id": secret.id,
            "sealed": self._seal(secret.text, endpoint_id, secret.id),
            "expires_at": old_until,
            "now": now,
            "most": MOST_SECRETS - 1,
        }
        await self._database.fetch(ROTATE, values)

    def _endpoint(self, record: tuple[Any, ...]) -> Endpoint:
        values = dict(zip(NAMES, record, strict=True))
        values["url"] = self._open(values.pop("sealed_url"), values["id"], "url")
        return msgspec.convert(values, Endpoint)

    def _seal(self, text: str, endpoint_id: str, what: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), _bound_to(endpoint_id, what))

    def _open(self, sealed: bytes, endpoint_id: str, what: str) -> str:
        bound = _bound_to(endpoint_id, what)
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound).decode()
        except (InvalidTag, ValueError):
            message = "A webhook's address or secret does not open under this master key."
            raise WebhookUnsealable(message) from None


def _listed(words: Sequence[str] | None) -> list[str] | None:
    return None if words is None else list(words)


def _bound_to(endpoint_id: str, what: str) -> bytes:
    return msgspec.json.encode(["webhook", endpoint_id, what])
