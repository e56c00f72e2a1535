"""Lets webhooks be told what was passed over while an account was parked."""

from typing import Any

from psycopg import Connection

from adapters.event_log.interface import Parked

# Endpoints that have not come so far yet will come to it by themselves. The others are due at once.
HOLD = """
    with behind as (
        update webhook_endpoints set change = nextval('webhook_changes'),
            updated_at = clock_timestamp()
        where position >= %(position)s returning endpoint_id, created_at
    )
    insert into webhook_held
        (endpoint_id, account_id, position, tries, next_at, told, error)
    select endpoint_id, %(account)s, %(position)s, 0, created_at, false, 'parked'
    from behind
    on conflict (endpoint_id, account_id) do update
        set position = least(webhook_held.position, excluded.position)
"""


def tell_again(connection: Connection[Any], parked: Parked) -> None:
    """Hold the account up at every endpoint where it was passed over: then it is told from there.

    Harmless when repeated: what arrives twice has the same id.
    """
    connection.execute(HOLD, {"account": parked.stream, "position": parked.position})
