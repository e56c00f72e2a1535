"""What is shown by design, and where. Anything else that is found anywhere is a leak.

Places are the names of the API's routes, and the few that are no routes. docs/decisions/bundles.md
says why the account itself, the feed and messages are not masked for who has a key.
"""

from collections.abc import Mapping

from app.http.reference_of_bundles import BUNDLES

ACCOUNT = {
    "register",
    "list_accounts",
    "show_account",
    "link",
    "retry",
    "cancel",
    "stop",
    "reconnect",
    "logout",
    "destroy",
}
"""The account as it stands, and every wish, which answers it."""
FEED = {"feed", "events", "what a receiver is told", "socket.io"}
REVERB = {"reverb"}
"""The number that was linked, and the back end's own names: no label, no name of a person."""
MESSAGES = {"send_message", "list_messages", "show_message"}
CONTENT = {"message_content"}
TEMPLATES = {"save_template", "show_template", "change_template", "delete_template"}
LAID_OUT = {*CONTENT, "preview_template"}
WEBHOOKS = {
    "make_webhook",
    "list_webhooks",
    "show_webhook",
    "change_webhook",
    "rotate_webhook_secret",
}
STORIES = {
    "timeline",
    "attempts",
    "attempt",
    "attempt_why",
    "why",
    "path",
    "compare",
    "replay_state",
    "replay_step",
    "replay_redecide",
    "replay_what_if",
    "replay_test",
    "replay_fleet",
    "bundle",
    *BUNDLES,
    "correlation",
}
"""Masked: of what is planted only what support finds a story by."""

DROP_INS = {
    "blazz_generate_qr",
    "blazz_mark_disconnected",
    "ghl_connect",
    "ghl_connection",
    "ghl_sessions",
}
SENDING = {
    "erp_send_message",
    "erp_send_order",
    "erp_send_dispatch",
    "erp_send_proforma",
    "erp_test",
}
OF_ACCOUNTS = {"command accounts", "command link", "command tail"}
OF_MESSAGES = {"command messages", "command send", "command tail"}
OF_STORIES = {
    "command replay open",
    "command replay show",
    "command replay state",
    "command replay why",
    "command replay to-test",
    "command replay diff",
    "command replay fleet",
    "command replay what-if",
    "exported bundle",
}
"""Masked as STORIES are."""
OF_TEMPLATES = {f"command templates {word}" for word in ("save", "show", "preview", "delete")}
OF_HOOKS = {f"command hooks {word}" for word in ("add", "list", "show", "enable", "disable")} | {
    "command hooks rotate"
}
DATABASE = {"database"}
"""As it is stored: not sealed."""
LOG = {"log"}
PHONES = {"phones of the sandbox"}
SIMULATED = {"phone_messages", "phone_message"}
"""Of the sandbox: what its simulated phones have, on the disk and for who plays them."""
PROBLEM = "problem of "
"""Each route's problems are a place of their own, under this name."""

SHOWN: Mapping[str, set[str]] = {
    # Of people.
    "label": ACCOUNT | FEED | OF_ACCOUNTS,
    "phone": ACCOUNT | FEED | REVERB | {"ghl_sessions"} | OF_ACCOUNTS | PHONES,
    "name": ACCOUNT | FEED | OF_ACCOUNTS | PHONES,
    "detail of the page": ACCOUNT | FEED | MESSAGES | OF_ACCOUNTS | OF_MESSAGES,
    "recipient": FEED | MESSAGES | SENDING | OF_MESSAGES | SIMULATED,
    "sender": FEED | MESSAGES | OF_MESSAGES | SIMULATED,
    "name of a sender": FEED | MESSAGES | OF_MESSAGES | SIMULATED,
    "text of a message": CONTENT | SIMULATED,
    "file": CONTENT,
    "file name": CONTENT | SIMULATED,
    "value of a template": LAID_OUT | OF_TEMPLATES | SIMULATED,
    "evidence": {"evidence_piece"},
    # Once, to who may link the account.
    "QR text": {"qr_json", "qr_txt", "qr_svg", "qr_png", "qr"},
    "pairing code": {"qr_json", "qr_txt", "command link"},
    "session": {"session folder"},
    "first key": LOG,
    "one-time secret": {"ticket", "link_page"},
    "secret of a webhook": {
        "make_webhook",
        "rotate_webhook_secret",
        "command hooks add",
        "command hooks rotate",
    },
    # A back end's own words for its things, which are no secrets.
    "address of a webhook": WEBHOOKS | OF_HOOKS,
    "description of a webhook": WEBHOOKS | DATABASE | OF_HOOKS,
    "text of a template": TEMPLATES | LAID_OUT | DATABASE | OF_TEMPLATES | SIMULATED,
    "description of a template": TEMPLATES
    | OF_TEMPLATES
    | DATABASE
    | {"list_templates", "command templates list"},
    "correlation id": FEED | STORIES | DATABASE | LOG | {"headers"} | OF_STORIES | {"command tail"},
    "idempotency key": DATABASE,
    "name of another system": ACCOUNT
    | FEED
    | STORIES
    | DROP_INS
    | REVERB
    | DATABASE
    | OF_ACCOUNTS
    | OF_STORIES,
    "name of a workspace": {"list_templates", "show_template", "statistics"},
    "name of a channel": {"socket.io"},
}
ECHOED = {"name of a field", "name of a channel", "name of another system"}
"""Said back to who has just said it, in the problem with it, and to nobody else."""


def may_show(place: str, kind: str) -> bool:
    """Tell whether this kind may be seen in this place."""
    if place.startswith(PROBLEM):
        return kind in ECHOED
    return place in SHOWN.get(kind, ())
