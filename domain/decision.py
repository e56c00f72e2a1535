"""What a command can lead to, short of a refusal."""

import msgspec

from domain.events import AccountEvent


class Ignored(msgspec.Struct, frozen=True):
    """Nothing to do: it is already so, or it no longer matters. `because` is a stable code."""

    because: str


Decision = list[AccountEvent] | Ignored
