"""One line for each route: its examples, and the problems that it answers.

Problems that follow from what a route is (it needs a key, it has an account in its address, it
takes a body) are added by `problems_of`; only a route's own stand here.
"""

from collections.abc import Callable
from http import HTTPStatus

import msgspec

from app.dropin.reference_of_erp import ERP
from app.dropin.reference_of_scans import BLAZZ, GHL
from app.dropin.reference_of_single_qr import SINGLE_QR
from app.http import example_story as story
from app.http import feed, health, one_time, qr, sandbox, signing_in
from app.http.reference_line import Line
from app.http.reference_of_bundles import BUNDLES
from app.http.reference_of_fleet import FLEET
from app.http.reference_of_housekeeping import HOUSEKEEPING
from app.http.reference_of_messages import MESSAGES
from app.http.reference_of_replay import REPLAY
from app.http.reference_of_sandbox import PHONE_MESSAGES
from app.http.reference_of_statistics import STATISTICS
from app.http.reference_of_templates import TEMPLATES
from app.http.reference_of_webhooks import WEBHOOKS
from app.http.reference_of_why import WHY
from app.http.requests import Link, LinkPageWanted, OpenLink, Register, SignIn, TicketWanted
from app.http.views import AccountAnswer, AccountList, CommandAnswer, account_view
from app.problems import kind_of

GROUPS = {
    "Accounts": "register list_accounts show_account destroy link_page",
    "Linking": "link retry cancel reconnect promote_standby stop logout",
    "Codes": "qr qr_png qr_svg qr_txt qr_json",
    "Story": "why timeline attempts attempt attempt_why bundle compare replay_state replay_step"
    " replay_redecide replay_what_if replay_fleet evidence evidence_piece replay_test statistics"
    " message_statistics bundle_statistics path " + " ".join(BUNDLES),
    "Messages": " ".join(MESSAGES),
    "Templates": " ".join(TEMPLATES),
    "Webhooks": " ".join(WEBHOOKS),
    "Feed": "feed events ticket correlation",
    "Sandbox": "scenes choose_scene scan enter_code reject phone_logout offline online"
    " passkey " + " ".join(PHONE_MESSAGES),
    "Pages": "session sign_in sign_out link_session open_link",
    "Operation": "live ready metrics diagnostics cleanup",
    "Drop-in for one whatsapp-web.js client": " ".join(ERP),
    "Drop-in for two methods behind one QR code": " ".join(SINGLE_QR),
    "Drop-in for a Laravel back end": " ".join(BLAZZ),
    "Drop-in for GoHighLevel": " ".join(GHL),
}


def _account_answer() -> AccountAnswer:
    example = story.waiting()
    return AccountAnswer(position=example.position, account=example.detail)


def _command(example: story.Example) -> CommandAnswer:
    return CommandAnswer(
        outcome="accepted", rule="", position=example.position, account=example.detail
    )


def _list() -> AccountList:
    example = story.ready()
    return AccountList(
        position=example.position, accounts=(account_view(example.row),), next_cursor=None
    )


def _qr() -> qr.QrAnswer:
    example = story.waiting()
    code = example.detail.code
    if code is None:
        message = "the example shows a code"
        raise AssertionError(message)
    return qr.QrAnswer(
        kind="qr",
        text="https://wa.me/settings/linked_devices#2@…",
        fingerprint=code.fingerprint,
        ordinal=code.ordinal,
        expires_at=code.expires_at,
        expires_in_s=58.0,
        attempt=story.ATTEMPTS[1],
        image_url=f"/v1/accounts/{story.ACCOUNT}/qr.png?code={code.fingerprint}",
    )


def _stream() -> str:
    item = story.waiting().items[-1]
    body = msgspec.json.encode(item).decode()
    return (
        f": connected\nretry: 2000\nid: {item.id - 1}\n\n"
        f"id: {item.id}\nevent: {item.type}\ndata: {body}\n\n: still here\nid: {item.id}\n\n"
    )


def _events() -> feed.EventPage:
    example = story.waiting()
    return feed.EventPage(
        position=example.position,
        items=example.items[-1:],
        next_after=example.position,
        more=False,
    )


def _session(account_id: str | None = None) -> signing_in.SessionView:
    return signing_in.SessionView(
        signed_in=True,
        csrf_token="0b8f…",  # noqa: S106  an example
        expires_at=story.START,
        account_id=account_id,
        feed_types=("qr", "ready"),
    )


def _phone(outcome: str) -> Callable[[], sandbox.PhoneDone]:
    return lambda: sandbox.PhoneDone(outcome)


_SANDBOX = ("not_a_sandbox_account", "sandbox_unavailable")
_KEPT = ("request_in_progress",)
"""Of a route whose answer an Idempotency-Key keeps, because the log cannot tell it."""
_PHONE = (*_SANDBOX, "phone_refused", *_KEPT, "outcome_unknown")
_CODE = ("no_code", "code_gone")
_READY = health.Health(True, (health.Check("database", True, "It works."),))  # noqa: FBT003

REFERENCE: dict[str, Line] = {
    "register": Line(
        body=Register(workspace="acme", label="Front desk", site="sandbox"),
        answer=lambda: _command(story.waiting()),
        problems=("too_busy",),
    ),
    "list_accounts": Line(answer=_list),
    "show_account": Line(answer=_account_answer),
    "destroy": Line(answer=lambda: _command(story.ready()), problems=("too_busy",)),
    "link_page": Line(
        body=LinkPageWanted(expires_in_s=3600),
        answer=lambda: signing_in.LinkPageAnswer(
            url="https://linkwright.example/link#lwl_…", expires_at=story.START
        ),
        problems=("too_many_tickets", *_KEPT),
    ),
    "link": Line(
        body=Link(method="qr"),
        answer=lambda: _command(story.waiting()),
        problems=(
            "attempt_in_progress",
            "already_linked",
            "pairing_phone_required",
            "erased",
            "too_busy",
        ),
    ),
    "retry": Line(
        body=Link(method="pairing_code", phone="4915112345678"),
        answer=lambda: _command(story.waiting()),
        problems=(
            "attempt_in_progress",
            "already_linked",
            "nothing_to_retry",
            "pairing_phone_required",
            "erased",
            "too_busy",
        ),
    ),
    "cancel": Line(
        answer=lambda: _command(story.failed()), problems=("nothing_to_cancel", "too_busy")
    ),
    "reconnect": Line(
        answer=lambda: _command(story.waiting()),
        problems=("attempt_in_progress", "already_linked", "no_session", "erased", "too_busy"),
    ),
    "promote_standby": Line(
        answer=lambda: _command(story.waiting()),
        problems=("attempt_in_progress", "not_linked", "standby_not_ready", "too_busy"),
    ),
    "stop": Line(
        answer=lambda: _command(story.stopped()),
        problems=("attempt_in_progress", "not_linked", "too_busy"),
    ),
    "logout": Line(
        answer=lambda: _command(story.ready()),
        problems=("attempt_in_progress", "not_linked", "too_busy"),
    ),
    "qr": Line(answer=_qr, problems=(*_CODE, "not_acceptable")),
    "qr_png": Line(answer=lambda: "(a PNG image)", problems=_CODE),
    "qr_svg": Line(
        answer=lambda: '<svg xmlns="http://www.w3.org/2000/svg">…</svg>', problems=_CODE
    ),
    "qr_txt": Line(answer=lambda: "█▀▀▀▀▀█ …", problems=_CODE),
    "qr_json": Line(answer=_qr, problems=_CODE),
    **REPLAY,
    **BUNDLES,
    **FLEET,
    **STATISTICS,
    **TEMPLATES,
    **WEBHOOKS,
    **MESSAGES,
    **WHY,
    "feed": Line(
        answer=_stream,
        problems=(
            "bad_event_id",
            "invalid_request",
            "not_registered",
            "ticket_spent",
            "too_many_readers",
        ),
    ),
    "events": Line(answer=_events, problems=("invalid_request",)),
    "ticket": Line(
        body=TicketWanted(account=story.ACCOUNT),
        answer=lambda: feed.TicketAnswer(
            ticket="lwt_…",
            expires_in_s=one_time.TICKET_S,
            url="/v1/feed?ticket=lwt_…",
            socket_url="/v1/feed/ws?ticket=lwt_…",
        ),
        problems=("not_registered", "too_many_tickets", *_KEPT),
    ),
    "scenes": Line(
        answer=lambda: sandbox.Scenes(
            (
                sandbox.Scene(
                    "slow_sync",
                    "Syncing after the login takes sync_s seconds, with progress.",
                    (sandbox.SceneParameter("sync_s", 30.0),),
                ),
            )
        ),
        problems=("sandbox_unavailable",),
    ),
    "choose_scene": Line(
        body=sandbox.SceneWanted(name="slow_sync", params={"sync_s": 10}),
        answer=lambda: sandbox.ChosenScene("slow_sync", {"sync_s": 10}, 1),
        problems=(*_SANDBOX, "no_such_scene"),
    ),
    "scan": Line(
        body=sandbox.Scan(phone="4915112345678"),
        answer=_phone("linked"),
        problems=(*_PHONE, "no_code"),
    ),
    "enter_code": Line(
        body=sandbox.PairingCodeEntry(phone="4915112345678"),
        answer=_phone("linked"),
        problems=(*_PHONE, "no_code"),
    ),
    "reject": Line(answer=_phone("rejected"), problems=_PHONE),
    "phone_logout": Line(answer=_phone("logged_out"), problems=_PHONE),
    "offline": Line(answer=_phone("offline"), problems=_PHONE),
    "online": Line(answer=_phone("online"), problems=_PHONE),
    **PHONE_MESSAGES,
    "passkey": Line(
        body=sandbox.PasskeyAnswer(answer="approve"), answer=_phone("approve"), problems=_PHONE
    ),
    "session": Line(answer=_session),
    "sign_in": Line(
        body=SignIn(key="lw_…"),
        answer=_session,
        problems=("unauthorized", "cross_site_request", "storage_unavailable", *_KEPT),
    ),
    "sign_out": Line(
        answer=lambda: signing_in.SessionView(signed_in=False), problems=("cross_site_request",)
    ),
    "link_session": Line(answer=lambda: _session(story.ACCOUNT)),
    "open_link": Line(
        body=OpenLink(token="lwl_…"),  # noqa: S106  an example
        answer=lambda: _session(story.ACCOUNT),
        problems=("link_spent", "cross_site_request", *_KEPT),
    ),
    **HOUSEKEEPING,
    **ERP,
    **SINGLE_QR,
    **BLAZZ,
    **GHL,
    "live": Line(answer=health.Alive),
    "ready": Line(answer=lambda: _READY, not_ready=True),
    "metrics": Line(answer=lambda: "linkwright_feed_readers 3.0\n"),
}


_NO_KEY = frozenset({*BUNDLES, "bundle_statistics", *ERP, *SINGLE_QR, *BLAZZ, *GHL})
"""What is told of a bundle is not kept; clients of the replaced systems send no Idempotency-Key."""
_NO_INPUT = frozenset(
    {"account_id", "number", "digest", "message_id", "webhook_id", "request", "api"}
)
"""Parameters of handlers that a client cannot get wrong."""


def group_of(name: str) -> str:
    """Name the group that a route is listed under."""
    return next(group for group, names in GROUPS.items() if name in names.split())


def takes_key(name: str, method: str) -> bool:
    """Tell whether a route heeds an Idempotency-Key: what changes nothing or sets it needs none."""
    return (method == "POST" and name not in _NO_KEY) or name == "destroy"


def problems_of(name: str, *, access: str, method: str, inputs: set[str]) -> tuple[str, ...]:
    """List every problem of a route: its own, and those of what it is."""
    found = [*REFERENCE[name].problems]
    if access != "open":
        found += ["unauthorized", "storage_unavailable"]
        if method not in ("GET", "HEAD"):
            found.append("cross_site_request")
        if access in ("key", "signed"):
            found.append("forbidden")
    if takes_key(name, method):
        found += ["idempotency_key_malformed", "idempotency_key_reused"]
    if "account_id" in inputs:
        found.append("not_registered")
    if inputs - _NO_INPUT:
        found.append("invalid_request")
    if "data" in inputs:
        found += ["malformed_request", "body_too_large"]
    if "position" in inputs:
        found.append("position_not_reached")
    return tuple(sorted(set(found), key=lambda code: (_status(code), code)))


def _status(code: str) -> HTTPStatus:
    return kind_of(code).status
