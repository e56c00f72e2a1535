"""THE table of problems: every error that the API answers.

A problem's type is `/problems/` and its code, for ever; the page behind that address says the same
as docs/reference/problems.md, and a test compares the two. Rules of the domain (Refused) are codes
here; a rule that is missing answers 409 under its own name.
"""

from http import HTTPStatus

from app.message_problems import MESSAGE_PROBLEMS
from app.problem_kind import ProblemKind

_H = HTTPStatus
PROBLEMS: dict[str, ProblemKind] = {
    # Rules of the domain: what a client wants does not fit to where the account stands.
    "not_registered": ProblemKind(
        _H.NOT_FOUND, "No such account", "Check the id, or register the account first."
    ),
    "already_registered": ProblemKind(
        _H.CONFLICT, "The account exists", "Use the account as it is."
    ),
    "attempt_in_progress": ProblemKind(
        _H.CONFLICT,
        "An attempt is running",
        "Follow the running attempt on the feed, or cancel it first.",
    ),
    "already_linked": ProblemKind(
        _H.CONFLICT, "The account is linked", "Nothing is needed; log out to link another phone."
    ),
    "nothing_to_retry": ProblemKind(
        _H.CONFLICT, "Nothing to retry", "Start with POST /v1/accounts/{id}/link."
    ),
    "nothing_to_cancel": ProblemKind(
        _H.CONFLICT, "Nothing to cancel", "Nothing is needed; no attempt is running."
    ),
    "no_session": ProblemKind(
        _H.CONFLICT, "No session to reconnect", "Link again with POST /v1/accounts/{id}/link."
    ),
    "erased": ProblemKind(
        _H.CONFLICT, "The account was erased", "Register another account; this one has ended."
    ),
    "not_linked": ProblemKind(
        _H.CONFLICT, "The account is not linked", "Nothing is needed; there is no link to end."
    ),
    "standby_not_ready": ProblemKind(
        _H.CONFLICT,
        "No standby is ready",
        "Wait for the feed's `standby.ready` item, or use reconnect on a lost link.",
        retryable=True,
    ),
    "pairing_phone_required": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "A phone number is needed",
        "Send `phone`: the digits of the number that is to be linked, with country code.",
    ),
    "illegal_step": ProblemKind(
        _H.CONFLICT,
        "Not possible in this status",
        "Look at /v1/accounts/{id}/why for what may be done next.",
    ),
    "refused": ProblemKind(
        _H.CONFLICT,
        "Not possible in this status",
        "Look at /v1/accounts/{id}/why for what may be done next.",
    ),
    # What is asked for is not there, or not any more.
    "no_such_route": ProblemKind(
        _H.NOT_FOUND, "No such address", "See /docs for the addresses that there are."
    ),
    "no_such_attempt": ProblemKind(
        _H.NOT_FOUND, "No such attempt", "List the attempts with GET /v1/accounts/{id}/attempts."
    ),
    "nothing_to_test": ProblemKind(
        _H.CONFLICT,
        "No fault to test for",
        "Say with `expect` how the attempt should have ended, or choose an attempt that failed.",
    ),
    "no_code": ProblemKind(
        _H.NOT_FOUND,
        "No code is on show",
        "Follow the feed and fetch the code at its next `qr` item.",
        retryable=True,
    ),
    "code_gone": ProblemKind(
        _H.GONE,
        "The code is not valid any more",
        "Fetch the code that is on show now, or start another attempt.",
    ),
    "no_such_evidence": ProblemKind(
        _H.NOT_FOUND, "No such evidence", "List it with GET /v1/accounts/{id}/evidence."
    ),
    "evidence_gone": ProblemKind(
        _H.GONE,
        "The evidence is not kept any more",
        "Nothing can bring it back; LINKWRIGHT_EVIDENCE_DAYS says how long it is kept.",
    ),
    "no_such_scene": ProblemKind(
        _H.NOT_FOUND, "No such scene", "List the scenes with GET /v1/sandbox/scenes."
    ),
    # Templates of messages.
    **MESSAGE_PROBLEMS,
    # Webhooks.
    "no_such_webhook": ProblemKind(
        _H.NOT_FOUND, "No such webhook", "List them with GET /v1/webhooks."
    ),
    "address_refused": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "Nothing is sent to this address",
        "Give an https address that is public; an operator opens others with"
        " LINKWRIGHT_WEBHOOK_ALLOW. `cause` names the rule.",
    ),
    "webhook_disabled": ProblemKind(
        _H.CONFLICT, "The webhook is disabled", "Enable it first: POST /v1/webhooks/{id}/enable."
    ),
    "too_many_webhooks": ProblemKind(
        _H.CONFLICT, "The workspace has too many webhooks", "Delete one, or change one."
    ),
    # A bundle that is opened.
    "not_a_bundle": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "Not a bundle",
        "Send a file that `./linkwright replay export` or GET /v1/accounts/{id}/bundle wrote.",
    ),
    "bundle_damaged": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "The bundle is damaged",
        "Get the file again from whoever exported it; it was cut off or changed on the way.",
    ),
    "bundle_too_new": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "A newer build wrote the bundle",
        "Open it with the build that wrote it, or a later one.",
    ),
    # The request itself.
    "malformed_request": ProblemKind(
        _H.BAD_REQUEST, "The request cannot be read", "Send a body of valid JSON, in UTF-8."
    ),
    "invalid_request": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "The request does not fit",
        "Correct the fields that `errors` names.",
    ),
    "too_many_attempts": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "Too many attempts for one answer",
        "Send a later `since` or a smaller `limit`; `./linkwright replay fleet` takes any number.",
    ),
    "bad_change": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "The change cannot be made",
        "`cause` names the rule that it breaks; name inputs by `input_id` of the attempt's"
        " timeline, and policy fields as domain/policy.py does.",
    ),
    "range_too_large": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "The range is too large",
        "Ask for a shorter range, or for one workspace.",
    ),
    "bad_event_id": ProblemKind(
        _H.BAD_REQUEST,
        "Not a position of the feed",
        "Send the id of the last item that was received, or none to start with what comes next.",
    ),
    "method_not_allowed": ProblemKind(
        _H.METHOD_NOT_ALLOWED, "The address has no such method", "See the `Allow` header."
    ),
    "not_acceptable": ProblemKind(
        _H.NOT_ACCEPTABLE,
        "No such form of the code",
        "Accept application/json, image/png, image/svg+xml or text/plain.",
    ),
    "body_too_large": ProblemKind(
        _H.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large",
        "Send at most 64 KiB; a bundle may have 2 MiB, a message with its file 24 MiB.",
    ),
    "idempotency_key_malformed": ProblemKind(
        _H.BAD_REQUEST,
        "Not an Idempotency-Key",
        "Send one `Idempotency-Key` of 1 to 255 visible ASCII characters, such as a UUID; quotes"
        " around it are allowed.",
    ),
    "idempotency_key_reused": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used for another request",
        "Send another request under another key, and a repetition exactly as it was sent first.",
    ),
    "request_in_progress": ProblemKind(
        _H.CONFLICT,
        "The first request with this key is still being answered",
        "Send it again, with the same key, after `Retry-After` seconds.",
        retryable=True,
    ),
    "outcome_unknown": ProblemKind(
        _H.CONFLICT,
        "It is not known whether the first request was carried out",
        "Look at what it was to change; if it has not happened, send it under another key.",
    ),
    "position_not_reached": ProblemKind(
        _H.SERVICE_UNAVAILABLE,
        "The position is not reached yet",
        "Send the same request again after `Retry-After` seconds; if it lies ahead for long, it is"
        " not a position of this installation's log.",
        retryable=True,
    ),
    # Who asks.
    "unauthorized": ProblemKind(
        _H.UNAUTHORIZED,
        "No valid key",
        "Send `Authorization: Bearer lw_…` with a key of this installation.",
    ),
    "ticket_spent": ProblemKind(
        _H.UNAUTHORIZED,
        "The ticket is not valid",
        "Get a new one from POST /v1/tickets; each opens one stream, within its time.",
    ),
    "link_spent": ProblemKind(
        _H.GONE,
        "This link has been used or is too old",
        "Ask whoever sent the link for a new one.",
    ),
    "forbidden": ProblemKind(
        _H.FORBIDDEN,
        "Not allowed with this sign-in",
        "Use an API key; a link page's sign-in reaches its own account only.",
    ),
    "operators_only": ProblemKind(
        _H.FORBIDDEN,
        "For the operator's key",
        "Use the operator's key or the first one, which `./linkwright up` printed once.",
    ),
    "unmasked_not_allowed": ProblemKind(
        _H.FORBIDDEN,
        "Stories are masked for this key",
        "Ask without `unmasked` or `level=none`, or use the operator's key or the first one.",
    ),
    "cross_site_request": ProblemKind(
        _H.FORBIDDEN,
        "The request does not come from this site's own page",
        "Send the header `X-CSRF-Token` with the token of GET /session, from the page itself.",
    ),
    # Drop-in APIs.
    "message_not_sent": ProblemKind(
        _H.BAD_GATEWAY,
        "The message was not sent",
        "Look at `cause`; docs/reference/messages.md says of each what helps.",
    ),
    "no_such_session": ProblemKind(
        _H.NOT_FOUND, "No such session", "Ask for a QR code first; that makes the session known."
    ),
    "session_taken": ProblemKind(
        _H.CONFLICT,
        "The session belongs to another account",
        "Use the session's own account, or give this account a session id of its own.",
    ),
    "no_code_in_time": ProblemKind(
        _H.SERVICE_UNAVAILABLE,
        "No QR code came in time",
        "Send the same request again: it answers the code of the attempt that runs, or starts"
        " another. `cause` says why an attempt has failed.",
        retryable=True,
    ),
    "too_many_requests": ProblemKind(
        _H.TOO_MANY_REQUESTS,
        "Too many requests",
        "Send fewer: `detail` says how many there may be in a minute, `Retry-After` when to go on.",
        retryable=True,
    ),
    # Limits of this installation.
    "too_many_readers": ProblemKind(
        _H.SERVICE_UNAVAILABLE,
        "Too many readers of the feed",
        "Close streams that are not needed, or come back after `Retry-After` seconds.",
        retryable=True,
    ),
    "too_many_tickets": ProblemKind(
        _H.TOO_MANY_REQUESTS,
        "Too many unused tickets",
        "Use the tickets that were given out, or come back after `Retry-After` seconds.",
        retryable=True,
    ),
    "too_busy": ProblemKind(
        _H.SERVICE_UNAVAILABLE,
        "The account is being changed by others",
        "Nothing was changed; send the same request again after `Retry-After` seconds.",
        retryable=True,
    ),
    "account_unreadable": ProblemKind(
        _H.NOT_IMPLEMENTED,
        "The account waits for a newer build",
        "This build cannot read one of its events: start the build that wrote it, or a later one.",
    ),
    "storage_unavailable": ProblemKind(
        _H.SERVICE_UNAVAILABLE,
        "The database cannot do this now",
        "Send the same request again after `Retry-After` seconds; /health/ready tells when.",
        retryable=True,
    ),
    # The sandbox.
    "not_a_sandbox_account": ProblemKind(
        _H.CONFLICT,
        "The account is not in the sandbox",
        "Register an account with `site: sandbox`; a live account has a phone of its own.",
    ),
    "phone_refused": ProblemKind(
        _H.CONFLICT,
        "The simulated phone could not do this",
        "`detail` and `cause` say why; for a code that is old, scan the one on show now.",
    ),
    "sandbox_unavailable": ProblemKind(
        _H.SERVICE_UNAVAILABLE,
        "The sandbox does not answer",
        "Come back after `Retry-After` seconds; /health/ready tells when.",
        retryable=True,
    ),
    # Ours.
    "internal_error": ProblemKind(
        _H.INTERNAL_SERVER_ERROR,
        "Something broke here",
        "Nothing that was acknowledged is lost. Report the request's id to the operator.",
        retryable=True,
    ),
}

RETRY_AFTER_S = {
    "no_code_in_time": 2,
    "too_many_requests": 60,
    "too_many_messages": 60,
    "not_ready": 10,
    "too_many_readers": 5,
    "too_many_tickets": 30,
    "too_busy": 1,
    "storage_unavailable": 2,
    "request_in_progress": 1,
    "position_not_reached": 1,
    "sandbox_unavailable": 2,
}
"""What `Retry-After` says. The supervisor restarts a process, and the service a connection, within
seconds; a ticket lives for 30 s."""
