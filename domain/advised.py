"""The shape of an advice: what a reason means, and what to do about it."""

from typing import Literal

import msgspec

Actor = Literal["nobody", "end_user", "operator"]


class Advice(msgspec.Struct, frozen=True):
    """What a reason means in words, who must act, what to do, and whether a retry helps."""

    sentence: str
    actor: Actor
    next_step: str
    retry_helps: bool


NOBODY_RETRY = "Retry; nothing needs to be changed."
NOBODY_WAIT = "Wait; Linkwright reconnects by itself."
