"""Calls that a back end has signed with the secret that both sides know, in place of a key.

The form is the seeds': docs/reference/webhook-signatures.md.
"""

from datetime import datetime

from litestar import Request

from adapters.webhook_signatures import (
    SEED_SIGNATURE_HEADER,
    RepeatGuard,
    SignatureRefused,
    check_as_seeds,
)
from app.http.principal import Principal
from app.http.traces import AnyConnection
from app.problems import ProblemFound

ACTOR = "signed"
GRACE_S = 60.0
"""Seed qr-scan-failure-flow gives up a call after 30 s and sends it again, after a pause; and what
is signed names no address, so two sessions may be spoken of with the same body in one second."""


class SignedCalls:
    """Checks signatures with one secret; with none, no call is taken for signed."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._guard = RepeatGuard(grace_s=GRACE_S)

    async def identify(self, connection: AnyConnection, now: datetime) -> Principal | None:
        """Find out whether the back end has signed; None if nobody has.

        A signature that is wrong, or older than it may be, is `unauthorized`: `cause` says why.
        """
        if not self._secret or SEED_SIGNATURE_HEADER not in connection.headers:
            return None
        body = await connection.body() if isinstance(connection, Request) else b""
        try:
            signed = check_as_seeds(dict(connection.headers), body, [self._secret], now)
            self._guard.admit(signed, now)
        except SignatureRefused as refused:
            raise ProblemFound("unauthorized", str(refused), cause=refused.why) from refused
        return Principal(actor=ACTOR, key_id=ACTOR, via="key")
