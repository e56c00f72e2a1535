"""Looks at a story as it is: for few keys, and each is recorded in the story itself."""

from typing import Annotated, Literal

from litestar.params import QueryParameter

from adapters.api_keys import ADMIN_ID
from app.http.parts import AnyRequest, ApiParts, origin_of
from app.http.principal import principal_of
from app.problems import ProblemFound
from domain.observations import RecordUnmaskedRead

MAY_READ_UNMASKED = frozenset({"operator", ADMIN_ID})
"""Ids of keys: the data folder's own, and the one made at first start."""

Unmasked = Annotated[
    bool,
    QueryParameter(
        name="unmasked",
        description="Show phone numbers, names, labels and details as they are. For the operator's"
        " key and the first one only, and recorded in the story.",
    ),
]


async def record_unmasked_read(
    api: ApiParts,
    request: AnyRequest,
    account_id: str,
    form: Literal["timeline", "bundle"],
    number: int | None = None,
) -> None:
    """Record who is about to read the story unmasked; the problem for a key that may not.

    What cannot be recorded is not shown. May raise StorageUnavailable and TooBusy.
    """
    if principal_of(request).key_id not in MAY_READ_UNMASKED:
        raise ProblemFound("unmasked_not_allowed", "This key reads stories masked only.")
    read = RecordUnmaskedRead(at=api.now(), form=form, number=number)
    await api.services.dispatch.submit(account_id, read, origin_of(request))
