"""Writes a story of tests/read_models to a log, through the one door."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from app.dispatch import Dispatch
from domain.commands import AnyCommand
from domain.refusals import Refused
from tests.read_models.stories import Story

IDS = ("attempt",)


async def retell(
    dispatch: Dispatch, story: Story, account_id: str, *, later_s: float = 0.0
) -> None:
    """Submit every command of the story to this account, under attempt ids of its own.

    What is refused there is refused here, and is in the log too.
    """
    later = timedelta(seconds=later_s)
    for command, given in zip(story.commands, story.inputs, strict=True):
        try:
            await dispatch.submit(account_id, moved(command, account_id, later), given.origin)
        except Refused as refused:
            if refused.rule != given.rule:
                raise


def moved(command: AnyCommand, account_id: str, later: timedelta) -> AnyCommand:
    """Give the command of another account at another time."""
    changed: dict[str, object] = {}
    for name in command.__struct_fields__:
        value = getattr(command, name)
        if isinstance(value, datetime):
            changed[name] = value + later
        elif name in IDS:
            changed[name] = f"{value}_{account_id}"
    return replace(command, **changed)
