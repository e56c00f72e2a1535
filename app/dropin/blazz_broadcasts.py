"""What seed qr-integration-final's front end hears on the private channel of its workspace.

QR generated, status changed, phone number updated, under the ids of its own back end.
"""

from typing import Any

from adapters.foreign_names import ForeignNames, Named
from app.dropin.blazz_words import SYSTEM, ids_of, status_after
from app.http.feed_channel import ChannelMessage
from app.http.parts import AnyRequest, ApiParts
from app.http.shown_code import current_code, data_url, fetch_to_record
from projections.feed import FeedItem

NAMESPACE = "App\\Events\\"
"""Where Laravel Echo looks for an event that is listened to by its short name."""
QR_GENERATED = f"{NAMESPACE}QrGenerated"
STATUS_CHANGED = f"{NAMESPACE}StatusChanged"
PHONE_NUMBER_UPDATED = f"{NAMESPACE}PhoneNumberUpdated"

CHANGES = frozenset(
    {"link.requested", "ready", "link.failed", "disconnected", "superseded", "logged_out"}
    | {"destroyed", "reconnect.failed", "reconnect.called_off"}
)
"""Items after which the seed's status may be another one."""


class BlazzBroadcasts:
    """Words the items of one workspace, for one socket."""

    def __init__(self, api: ApiParts, request: AnyRequest) -> None:
        self._api = api
        self._request = request
        self._names = ForeignNames(api.services.database, SYSTEM)

    async def tell(self, item: FeedItem) -> ChannelMessage | None:
        """Give the broadcast of an item; None of one that the front end knows nothing of."""
        if item.type not in CHANGES and item.type not in ("qr", "phone.identified"):
            return None
        named = (await self._names.of_accounts([item.account_id])).get(item.account_id)
        if named is None:
            return None  # the account was not made by this system
        if item.type == "qr":
            return await self._qr_generated(item, named)
        data = _about(item, named)
        if item.type == "phone.identified":
            return ChannelMessage(
                PHONE_NUMBER_UPDATED, data | {"phone_number": item.data.get("phone")}
            )
        return ChannelMessage(STATUS_CHANGED, data | {"phone_number": item.data.get("phone")})

    async def _qr_generated(self, item: FeedItem, named: Named) -> ChannelMessage | None:
        """Bring the image along; of a code that is not on show any more nothing is said."""
        held = await self._api.services.dispatch.load(item.account_id)
        code = await current_code(self._api, item.account_id, held)
        if code is None or code.fingerprint != item.data["fingerprint"]:
            return None
        if record := fetch_to_record(self._api, self._request, held, code):
            await record()
        return ChannelMessage(
            QR_GENERATED,
            _about(item, named)
            | {"qr_code": await data_url(code), "expires_at": code.expires_at.isoformat()},
        )


def _about(item: FeedItem, named: Named) -> dict[str, Any]:
    return ids_of(named) | {"status": status_after(item), "timestamp": item.at.isoformat()}
