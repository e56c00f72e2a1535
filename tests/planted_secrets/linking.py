"""The life of one account, with whatever a client, a phone and a page may say of it."""

from datetime import timedelta

from adapters import clock
from adapters.evidence_store import Kind
from domain.observations import (
    RecordActionRequired,
    RecordEvidence,
    RecordLogout,
    RecordPage,
    RecordPairingCode,
    RecordProblem,
    RecordReady,
    RecordScan,
    RecordStandby,
    RecordUnsealedSession,
)
from domain.reasons import Reason
from tests.planted_secrets.stage import Stage


async def link_by_pairing_code(here: Stage) -> str:
    """Begin with a pairing code, and let the page fail; give the account."""
    c, api = here.canaries, here.api
    label = f"Stand «Zürich» ロビー {c.word('label')}"
    body = {"label": label, "site": "sandbox", "workspace": "acme"}
    account = (await here.post("/v1/accounts", body)).json()["account"]["id"]
    wanted = {"method": "pairing_code", "phone": f"+{c.phone('pairing phone')}"}
    headers = here.names()
    answered = await here.post(f"/v1/accounts/{account}/link", wanted, **headers)
    again = await here.client.post(f"/v1/accounts/{account}/link", json=wanted, headers=headers)
    assert again.content == answered.content
    attempt = answered.json()["account"]["attempt"]["id"]
    now = clock.now()
    page = RecordPage(at=now, attempt=attempt, phase="page_loaded", whatsapp="2.3000")
    await api.see(account, page)
    code = await show_pairing_code(here, account, attempt)
    assert code in (await here.client.get(f"/v1/accounts/{account}/qr.json")).text.replace("-", "")
    await _keep_evidence(here, account, attempt)
    detail = (
        f"chat {c.phone('detail of the page')}@c.us of “{c.word('detail of the page')}” is gone"
    )
    await api.see(
        account,
        RecordProblem(at=now, attempt=attempt, reason=Reason.PAGE_CHANGED, detail=detail),
    )
    return account


async def show_pairing_code(here: Stage, account: str, attempt: str) -> str:
    """Put a code into the vault and record it, as the worker does; give it."""
    code, now = here.canaries.code("pairing code"), clock.now()
    fingerprint, until = here.api.services.keys.fingerprint(code), now + timedelta(minutes=3)
    await here.api.services.vault.put(
        account=account,
        attempt=attempt,
        fingerprint=fingerprint,
        text=code,
        expires_at=until,
        now=now,
    )
    shown = RecordPairingCode(at=now, attempt=attempt, fingerprint=fingerprint, expires_at=until)
    await here.api.see(account, shown)
    return code


async def _keep_evidence(here: Stage, account: str, attempt: str) -> None:
    said = here.canaries.word("evidence")
    pieces: dict[Kind, str] = {
        "console": f'[{{"after_s":1.5,"kind":"page_error","text":"{said}"}}]',
        "browser": f'{{"flavour":"{here.canaries.word("evidence")}"}}',
        "screenshot": f"\xff\xd8\xff {here.canaries.word('evidence')}",
    }
    for kind, text in pieces.items():
        content, now = text.encode("latin-1"), clock.now()
        digest = await here.api.services.evidence.keep(account, attempt, kind, content, now)
        assert digest is not None
        kept = RecordEvidence(
            at=now, attempt=attempt, kind=kind, digest=digest, size_bytes=len(content)
        )
        await here.api.see(account, kept)
        address = f"/v1/accounts/{account}/evidence/{digest}"
        assert (await here.client.get(address)).content == content


async def link_by_code(here: Stage, account: str) -> str:
    """Link at last by a QR code; give the attempt, which is READY."""
    c, api = here.canaries, here.api
    answered = await here.post(f"/v1/accounts/{account}/retry", {})
    attempt = answered.json()["account"]["attempt"]["id"]
    for _ in range(2):
        text = f"https://wa.me/settings/linked_devices#2@{c.word('QR text')},BBBB=,CCCC=,DDDD=,1"
        await api.show_code(account, attempt, text)
    for form in ("txt", "json", "svg", "png"):
        shown = await here.client.get(f"/v1/accounts/{account}/qr.{form}")
        assert shown.status_code == 200, shown.text
    wrong = {"code": c.word("misplaced")}
    await here.client.get(f"/v1/accounts/{account}/qr.json", params=wrong)
    await api.see(account, RecordActionRequired(at=clock.now(), attempt=attempt, action="passkey"))
    await api.see(account, RecordScan(at=clock.now(), attempt=attempt))
    await become_ready(here, account, attempt)
    return attempt


async def become_ready(here: Stage, account: str, attempt: str) -> None:
    """Tell who has scanned it."""
    c, api = here.canaries, here.api
    phone = c.phone("phone")
    ready = RecordReady(
        at=clock.now(),
        attempt=attempt,
        phone=phone,
        phone_fingerprint=api.services.keys.fingerprint(phone),
        name=f"Аюна ك {c.word('name')} 🦜",
        platform=c.word("platform"),
    )
    await api.see(account, ready)
    await api.see(account, ready)  # ignored, and in the log all the same


async def lose(here: Stage, account: str, attempt: str) -> None:
    """Let everything about a link go wrong that has words."""
    c, api, now = here.canaries, here.api, clock.now()
    await api.see(
        account,
        RecordUnsealedSession(
            at=now,
            attempt=attempt,
            reason=Reason.SESSION_UNREADABLE,
            detail=f"no such folder: {c.word('detail of the page')}",
        ),
    )
    await api.prepare_standby(account, attempt)
    await api.see(
        account,
        RecordStandby(
            at=now,
            attempt=attempt,
            stage="failed",
            digest="d1",
            detail=c.word("detail of the page"),
        ),
    )
    for attempt_id in ("long ago", attempt):
        gone = RecordLogout(
            at=now, attempt=attempt_id, by="phone", detail=c.word("detail of the page")
        )
        await api.see(account, gone)
