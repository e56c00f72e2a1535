"""Where a page puts a file before it sends it: the digest is kept, the content is not."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adapters.sandbox.page import AccountName, AllAccounts

MOST_BYTES = 16 * 1024 * 1024  # as media_modules.js


class Upload(msgspec.Struct, frozen=True):
    size: int
    sha256: str


@post("/media/{account:str}/{page_id:str}", status_code=201, request_max_body_size=MOST_BYTES)
async def take_upload(
    request: Request[Any, Any, State],
    account: AccountName,
    page_id: FromPath[str],
    accounts: AllAccounts,
) -> Upload:
    known = accounts.known(account)
    if known is None or page_id not in known.visits:
        raise NotFoundException("No page of this account has this id.")
    return await _digest(request.stream())


async def _digest(parts: AsyncIterator[bytes]) -> Upload:
    size, digest = 0, hashlib.sha256()
    async for part in parts:
        size += len(part)
        digest.update(part)
    return Upload(size=size, sha256=digest.hexdigest())
