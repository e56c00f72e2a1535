"""The code that an account has on show: read from the vault, awaited, and recorded as fetched."""

import asyncio
from contextlib import suppress

import structlog
from litestar.background_tasks import BackgroundTask

from adapters import clock, qr_image
from adapters.event_log.errors import StorageUnavailable
from adapters.vault import CodeUnsealable, VaultedCode
from app.dispatch import TooBusy
from app.feed_hub import TooManyReaders
from app.held import Held
from app.http.parts import AnyRequest, ApiParts, origin_of
from app.problems import ProblemFound
from domain.log import Origin
from domain.observations import RecordQrFetch
from domain.refusals import Refused
from domain.status import LINKING, Status

_logger = structlog.get_logger()


async def current_code(api: ApiParts, account_id: str, held: Held) -> VaultedCode | None:
    """Give the code that is on show and still valid, with its text; None while there is none."""
    attempt = held.account.attempt
    shown = attempt.code if attempt and held.account.status is Status.WAITING_QR else None
    if shown is None:
        return None
    try:
        code = await api.services.vault.current(account_id, api.now())
    except CodeUnsealable as error:
        raise ProblemFound("internal_error", str(error)) from error
    if code is None or code.text is None or code.fingerprint != shown.fingerprint:
        return None
    return code


async def wait_for_code(
    api: ApiParts, request: AnyRequest, account_id: str, limit_s: float
) -> tuple[Held, VaultedCode | None]:
    """Hold until a valid code is on show, the attempt is over, the limit or the client's leaving.

    Gives the account as it is then, and its code.
    """
    waiting = asyncio.create_task(_code_or_end(api, account_id, limit_s))
    leaving = asyncio.create_task(client_leaves(request))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
    finally:
        waiting.cancel()
        leaving.cancel()
        await asyncio.wait({waiting, leaving})
    held = await api.services.dispatch.load(account_id)
    return held, None


async def _code_or_end(
    api: ApiParts, account_id: str, limit_s: float
) -> tuple[Held, VaultedCode | None]:
    until_s = clock.monotonic_s() + limit_s
    # Without a free place to wait the answer just comes at once.
    with suppress(TooManyReaders), api.hub.watch(account_id) as reader:
        while not reader.let_go:
            reader.take()
            held = await api.services.dispatch.load(account_id)
            code = await current_code(api, account_id, held)
            left_s = until_s - clock.monotonic_s()
            if code is not None or held.account.status not in LINKING or left_s <= 0:
                return held, code
            await reader.news(left_s)
    held = await api.services.dispatch.load(account_id)
    return held, await current_code(api, account_id, held)


async def client_leaves(request: AnyRequest) -> None:
    """Wait until the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def data_url(code: VaultedCode) -> str:
    """Draw a QR code as an address that holds the whole PNG."""
    return await asyncio.to_thread(qr_image.data_url, code.text or "")


def fetch_to_record(
    api: ApiParts, request: AnyRequest, held: Held, code: VaultedCode
) -> BackgroundTask | None:
    """Record the first fetch of each code after the answer has left; later ones change nothing."""
    attempt = held.account.attempt
    if attempt is None or attempt.code is None or attempt.code.fetched:
        return None
    command = RecordQrFetch(at=api.now(), attempt=attempt.id, fingerprint=code.fingerprint)
    return BackgroundTask(_record_fetch, api, code.account, command, origin_of(request))


async def _record_fetch(
    api: ApiParts, account_id: str, command: RecordQrFetch, origin: Origin
) -> None:
    try:
        await api.services.dispatch.submit(account_id, command, origin)
    except (Refused, TooBusy, StorageUnavailable) as error:
        _logger.warning("fetch of a code not recorded", account=account_id, because=str(error))
