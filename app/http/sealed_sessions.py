"""Sign-ins of the pages: a cookie that only this installation can make and read, for a short time.

Nothing is kept here but the ids of sessions that were signed out, until they would have ended by
themselves. A restart of the service signs nobody out.
"""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Literal

import msgspec
from cryptography.fernet import Fernet, InvalidToken

PAGE_SESSION_S = 8 * 3600
"""A working day: the API key is pasted once each morning."""
LINK_SESSION_S = 1800
"""An end user scans within minutes; half an hour leaves room for some retries."""
COOKIE_NAMES = {"page": "linkwright_session", "link": "linkwright_link"}
_LIFE_S = {"page": PAGE_SESSION_S, "link": LINK_SESSION_S}


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in at a page."""

    id: str
    kind: Literal["page", "link"]
    key_id: str
    """The API key that signed in, or that made the one-time link."""
    account_id: str | None = None
    """A link page reaches this account only."""
    expires_at: datetime


class SealedSessions:
    """Makes and opens the cookies."""

    def __init__(self, key: bytes) -> None:
        self._csrf_key = _derive(key, "page csrf")
        self._box = Fernet(base64.urlsafe_b64encode(_derive(key, "page sessions")))
        self._ended: dict[str, datetime] = {}

    def open(
        self,
        kind: Literal["page", "link"],
        key_id: str,
        now: datetime,
        *,
        account_id: str | None = None,
    ) -> tuple[Session, str]:
        """Start a session; returns it with the cookie's value."""
        expires_at = datetime.fromtimestamp(now.timestamp() + _LIFE_S[kind], tz=now.tzinfo)
        session = Session(
            id=secrets.token_urlsafe(16),
            kind=kind,
            key_id=key_id,
            account_id=account_id,
            expires_at=expires_at,
        )
        sealed = self._box.encrypt_at_time(msgspec.json.encode(session), int(now.timestamp()))
        return session, sealed.decode()

    def read(self, cookie: str, kind: Literal["page", "link"], now: datetime) -> Session | None:
        """Open a cookie; None when it is not ours, too old, of another kind, or signed out."""
        try:
            session = msgspec.json.decode(self._box.decrypt(cookie.encode()), type=Session)
        except (InvalidToken, msgspec.DecodeError):
            return None
        if session.kind != kind or session.expires_at <= now or session.id in self._ended:
            return None
        return session

    def end(self, session: Session, now: datetime) -> None:
        """Sign out: the cookie is worthless from here on."""
        self._ended = {name: at for name, at in self._ended.items() if at > now}
        self._ended[session.id] = session.expires_at

    def csrf_token(self, session: Session) -> str:
        """Give the token that a page sends with every request that changes something."""
        return hmac.digest(self._csrf_key, session.id.encode(), "sha256").hex()

    def csrf_matches(self, session: Session, token: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.csrf_token(session).encode(), token.encode())


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), "sha256")
