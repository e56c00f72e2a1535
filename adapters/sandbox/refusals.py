"""Why the simulated phone, or the control of it, could not do what it was asked.

Refused
├── UnknownAccount        404
├── UnknownScene          404
├── UnknownMessage        404
├── InvalidParameters     422
├── NoPage                409  nothing of this account is open in a browser
├── CouldNotLink          409  what a person reads as "Couldn't link device"
└── Unauthorized          401
"""

from typing import ClassVar, Literal

LinkCause = Literal[
    "phone_offline",  # the phone has no network
    "not_a_linking_code",  # the text is not a code for linking devices
    "truncated",  # it is one, with a part missing
    "unknown_code",  # no page of this sandbox has shown it since the sandbox started
    "other_account",  # a page of another account shows it
    "stale",  # the page has replaced it by a newer one
    "already_used",  # a phone has linked with it
    "wrong_keys",  # the keys in it are not those of the page that shows it
    "secret_retired",  # the page has changed its secret since, under the same reference
    "nothing_on_show",  # no code is on show now
    "wrong_pairing_code",  # eight characters, but not those on show for this number
    "rejected",  # the phone's user, or the scene, refused
    "page_did_not_answer",  # the page was told and kept silent
]


class Refused(Exception):
    status: ClassVar[int] = 409
    cause: str = "refused"
    title: str = "The sandbox cannot do this"


class Unauthorized(Refused):
    status = 401
    cause = "unauthorized"
    title = "The control token is missing or wrong"


class UnknownAccount(Refused):
    status = 404
    cause = "unknown_account"
    title = "The sandbox knows no such account"


class UnknownScene(Refused):
    status = 404
    cause = "unknown_scene"
    title = "There is no such scene"


class UnknownMessage(Refused):
    status = 404
    cause = "unknown_message"
    title = "The sandbox knows no such message"


class InvalidParameters(Refused):
    status = 422
    cause = "invalid_parameters"
    title = "The scene does not take these parameters"


class NoPage(Refused):
    cause = "no_page"
    title = "No page of this account is open"


class TooManyAccounts(Refused):
    status = 429
    cause = "too_many_accounts"
    title = "The sandbox holds as many accounts as it can"


class CouldNotLink(Refused):
    title = "Couldn't link device"

    def __init__(self, cause: LinkCause, sentence: str) -> None:
        super().__init__(sentence)
        self.cause = cause
