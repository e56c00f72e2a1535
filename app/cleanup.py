"""Ends what is stuck and deletes what was left behind. It may run at any time, and twice.

Every account is asked again, by its own events, right before something is done: one that is READY
is never touched, and one that got on by itself meanwhile is left alone.
"""

import random
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Literal

import msgspec

from adapters.browser.profile import ProfileLocked
from adapters.event_log.errors import UnreadableEvent
from app.diagnosis import Places, Stuck, diagnose, needs_no_session
from app.dispatch import TooBusy
from app.identifiers import new_id
from app.services import Services
from domain.account import Account
from domain.commands import CancelLink, ExpireDeadline
from domain.log import Origin
from domain.refusals import Refused
from domain.status import LINKING

Action = Literal["end_attempt", "delete_folder", "delete_session"]


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done, would be, or was left as it is."""

    action: Action
    account_id: str
    """Or the name of a folder that is no account's."""
    outcome: Literal["done", "would_do", "left"]
    sentence: str


class Cleanup:
    """One cleaning up, in the name of `origin`."""

    def __init__(self, services: Services, now: datetime, origin: Origin, *, dry: bool) -> None:
        """`dry`: say what would be done, and do nothing."""
        self._services = services
        self._places = Places(services)
        self._now = now
        self._origin = origin
        self._dry = dry

    async def run(self) -> list[Deed]:
        """Clean up; says what was done. May raise StorageUnavailable."""
        return [deed async for deed in self._deeds()]

    async def _deeds(self) -> AsyncGenerator[Deed]:
        found = await diagnose(self._services, self._now)
        for stuck in found.stuck:
            if stuck.status in LINKING:
                yield await self._end(stuck)
        for name in found.leftovers.folders:
            yield await self._delete_folder(name)
        for account_id in found.leftovers.sessions:
            yield await self._delete_session(account_id)

    async def _end(self, stuck: Stuck) -> Deed:
        """End an attempt through the one door, as the clock or a client would."""
        account = await self._load(stuck.account_id)
        if account is None:
            return _left("end_attempt", stuck.account_id, "only a newer build can read it")
        if account.status not in LINKING or account.since != stuck.since:
            return _left("end_attempt", stuck.account_id, "it has moved on by itself")
        if self._dry:
            return _would("end_attempt", stuck.account_id, f"End an attempt ({stuck.why})")
        try:
            given = await self._services.dispatch.submit(
                stuck.account_id, self._ending_of(stuck, account), self._origin
            )
        except (Refused, TooBusy):
            return _left("end_attempt", stuck.account_id, "it has moved on by itself")
        status = given.held.account.status.value
        return _done("end_attempt", stuck.account_id, f"Ended an attempt: it is {status} now")

    def _ending_of(self, stuck: Stuck, account: Account) -> CancelLink | ExpireDeadline:
        deadline = account.deadline
        if stuck.why == "no_code" or deadline is None:
            return CancelLink(at=self._now)
        return ExpireDeadline(
            at=self._now,
            awaited=deadline.awaited,
            due=deadline.at,
            attempt=new_id("att", self._now),
            jitter=random.SystemRandom().random(),
        )

    async def _delete_folder(self, name: str) -> Deed:
        if not await self._is_left_over(name):
            return _left("delete_folder", name, "its account may need it")
        if self._dry:
            return _would("delete_folder", name, "Delete a session folder")
        try:
            await self._places.profiles.erase(name)
        except ProfileLocked:
            return _left("delete_folder", name, "a browser uses it")
        except OSError as error:
            return _left("delete_folder", name, f"it cannot be deleted ({error.strerror})")
        return _done("delete_folder", name, "Deleted a session folder")

    async def _delete_session(self, account_id: str) -> Deed:
        if not await self._is_left_over(account_id):
            return _left("delete_session", account_id, "its account may need it")
        if self._dry:
            return _would("delete_session", account_id, "Delete a sealed session")
        await self._places.sessions.forget(account_id)
        return _done("delete_session", account_id, "Deleted a sealed session")

    async def _is_left_over(self, account_id: str) -> bool:
        """Ask the account itself; one that nobody registered has no use for anything."""
        account = await self._load(account_id)
        return account is not None and (
            not account.registered or needs_no_session(account, self._now)
        )

    async def _load(self, account_id: str) -> Account | None:
        """Give the account; None when it cannot be read by this build."""
        try:
            return (await self._services.dispatch.load(account_id)).account
        except UnreadableEvent:
            return None


def _would(action: Action, account_id: str, what: str) -> Deed:
    return Deed(action=action, account_id=account_id, outcome="would_do", sentence=f"{what}.")


def _done(action: Action, account_id: str, what: str) -> Deed:
    return Deed(action=action, account_id=account_id, outcome="done", sentence=f"{what}.")


def _left(action: Action, account_id: str, why: str) -> Deed:
    sentence = f"Left as it is: {why}."
    return Deed(action=action, account_id=account_id, outcome="left", sentence=sentence)
