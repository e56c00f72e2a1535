"""What the feed's items are to a page that sets up two methods behind one scan."""

from typing import Literal

import msgspec

from app.http.feed_channel import ChannelMessage
from domain.account import Account, Holder
from domain.status import Status
from projections.feed import FeedItem

Method = Literal["baileys", "web_js"]
MethodStatus = Literal["active", "pending", "failed", "disconnected"]

METHOD_OF: dict[Holder, Method] = {"primary": "baileys", "standby": "web_js"}
"""Both are wa-js in a browser here. The words are those that a moved-over client compares with."""
SETUP_COMPLETE = "Setup complete!"
BOTH_READY = "Setup complete! Both Baileys and Web JS are ready."
BACKUP_SOON = "Baileys is ready. Web JS backup will be ready shortly."
BACKUP_ACTIVE = "Your backup connection is now active"
LOST = frozenset({"disconnected", "superseded", "logged_out", "destroyed"})


class Methods(msgspec.Struct, frozen=True, kw_only=True):
    """The two ways to deliver, once the first is ready."""

    primary: Literal["baileys"] = "baileys"
    fallback: Literal["web_js", "pending"] | None
    """None: this installation keeps no standby."""


class SetupEvents:
    """Tells one socket's items; `has_standby` is whether a second method will follow."""

    def __init__(self, *, has_standby: bool) -> None:
        self._fallback: Literal["pending"] | None = "pending" if has_standby else None
        self._method: Method = "baileys"
        """The one that has the page open, or opens it."""

    def stand(self, account: Account) -> list[ChannelMessage]:
        """Tell a client that comes late what has been reached."""
        if account.attempt is not None:
            self._method = METHOD_OF[account.attempt.holder]
        if account.status is not Status.READY:
            return []
        match account.standby.stage:
            case "ready":
                return [_progress("connected", self._method), *_both_ready()]
            case "failed" | "promoted":
                return [_progress("connected", self._method), self._without_backup()]
            case _:
                return self._connected()

    def tell(self, item: FeedItem) -> list[ChannelMessage]:
        """Give the events of an item; that of a code is made by whoever can read the vault."""
        match item.type:
            case "link.requested":
                self._method = "baileys"
            case "reconnect.started":
                self._method = METHOD_OF["standby" if item.data["by"] == "standby" else "primary"]
            case "ready":
                return self._connected()
            case "standby.ready" if item.data["progress"]:
                return _both_ready()
            case "standby.failed":
                return [self._without_backup()]
            case "link.failed":
                return [_progress("failed", self._method, item)]
            case lost if lost in LOST:
                return [_progress("disconnected", self._method, item)]
            case _:
                pass
        return []

    def _connected(self) -> list[ChannelMessage]:
        connected = _progress("connected", self._method)
        return [connected] if self._fallback else [connected, self._without_backup()]

    def _without_backup(self) -> ChannelMessage:
        """The set-up is complete without it: the primary delivers, and it is tried again."""
        message = BACKUP_SOON if self._fallback else SETUP_COMPLETE
        return ChannelMessage(
            "complete", {"message": message, "methods": Methods(fallback=self._fallback)}
        )


def _both_ready() -> list[ChannelMessage]:
    methods = Methods(fallback="web_js")
    return [
        _progress("backup_ready", "web_js"),
        ChannelMessage("backup_ready", {"message": BACKUP_ACTIVE, "methods": methods}),
        ChannelMessage("complete", {"message": SETUP_COMPLETE, "methods": methods}),
        ChannelMessage("setup_complete", {"message": SETUP_COMPLETE, "methods": methods}),
    ]


def _progress(status: str, method: Method, item: FeedItem | None = None) -> ChannelMessage:
    payload = {"status": status, "method": method}
    if item is not None:
        payload["message"] = str(item.data.get("sentence", ""))
    return ChannelMessage("progress", payload)
