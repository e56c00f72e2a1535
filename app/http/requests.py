"""The bodies that the API takes. An unknown field is an error, and every text has a limit."""

from typing import Annotated, Literal

import msgspec

from domain.policy import Policy

PhoneNumber = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^\+?[1-9][0-9]{6,14}$",
        max_length=16,
        description="Digits with country code, at most 15 (E.164); a leading + is allowed.",
        examples=["4915112345678"],
    ),
]
WORKSPACE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Workspace = Annotated[
    str,
    msgspec.Meta(
        pattern=WORKSPACE,
        min_length=1,
        max_length=64,
        description="One customer of yours. Letters, digits, dot, hyphen and underscore.",
        examples=["acme"],
    ),
]
Label = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^\x00-\x1f\x7f]*$",  # PostgreSQL keeps no NUL, a terminal obeys the others
        max_length=120,
        description="For people.",
        examples=["Front desk"],
    ),
]
Site = Annotated[
    Literal["live", "sandbox"],
    msgspec.Meta(description="sandbox: the stand-in page with a simulated phone."),
]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Common to every body."""


class Limits(Policy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account's own limits; what is left out is the installation's default."""

    def as_policy(self) -> Policy:
        """Give what the log stores."""
        return Policy(**msgspec.structs.asdict(self))


class Register(Body, frozen=True):
    """Make an account known."""

    workspace: Workspace = "default"
    label: Label = ""
    site: Site = "live"
    policy: Limits | None = None
    """The account's own limits; null means the installation's."""


class Link(Body, frozen=True):
    """Start linking."""

    method: Literal["qr", "pairing_code"] = "qr"
    phone: PhoneNumber | None = None
    """Needed for a pairing code: the number that is to be linked."""


class TicketWanted(Body, frozen=True):
    """Ask for a ticket that opens one stream of the feed, narrowed if wanted."""

    account: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    workspace: Workspace | None = None


class LinkPageWanted(Body, frozen=True):
    """Ask for a one-time link to an account's link page, for an end user who has no key."""

    expires_in_s: Annotated[int, msgspec.Meta(ge=60, le=86_400)] = 3600


class SignIn(Body, frozen=True):
    """Exchange an API key for a page session."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class OpenLink(Body, frozen=True):
    """Exchange the token of a one-time link for a session of that account's link page."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
