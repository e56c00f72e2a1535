"""A second process that writes the same log, past the API: commands through the one door.

    python -m tests.campaign.writer SEED PARENT     (the settings as those of `serve`)

Each answered command is a line of JSON on standard output, a `Told`. Nothing is said before that.
"""

import asyncio
import os
import random
import sys
from itertools import count

import msgspec

from adapters import clock
from adapters.event_log.errors import StorageUnavailable
from app.dispatch import TooBusy
from app.identifiers import new_id
from app.process import end_with_parent, set_up_logging
from app.processes.services import services
from app.services import Services
from app.settings import read_settings
from domain.commands import AnyCommand
from domain.log import Origin
from domain.policy import Policy
from domain.refusals import Refused
from domain.wishes import CancelLink, DestroyAccount, RegisterAccount, RequestLink
from tests.campaign.clients import PAUSE_S, RETRY_S, SHARED, SHARED_ACCOUNTS, rest
from tests.campaign.memory import Told

TASKS = 3
POLICY = Policy(initialize_s=1.0)
"""Attempts that nobody opens a page for are over soon."""
NEWEST = 6
ACTOR = "writer"


class Task:
    """Sends one command after the other, on accounts of its own and on those that all share."""

    def __init__(self, name: str, parts: Services, seed: str) -> None:
        self._name = name
        self._log = parts.log
        self._dispatch = parts.dispatch
        self._random = random.Random(f"{seed}/{name}")  # noqa: S311  a campaign, no secret
        self._accounts: list[str] = []
        self._numbers = count(1)

    async def run(self) -> None:
        """Send until killed."""
        never = asyncio.Event()
        while True:
            try:
                await self._send()
            except (StorageUnavailable, TooBusy):
                await rest(never, RETRY_S)
            else:
                await rest(never, PAUSE_S)

    async def _send(self) -> None:
        account, command = await self._choose()
        correlation_id = f"{self._name}-{next(self._numbers)}"
        origin = Origin(actor=ACTOR, correlation_id=correlation_id)
        try:
            answer = await self._dispatch.submit(account, command, origin)
        except Refused:
            return  # recorded as well, but nobody is told its input
        told = Told(
            sender=self._name,
            correlation_id=correlation_id,
            account_id=account,
            outcome=answer.outcome,
            position=answer.position,
            input_id=answer.input_id,
        )
        print(msgspec.json.encode(told).decode(), flush=True)  # noqa: T201  the protocol

    async def _choose(self) -> tuple[str, AnyCommand]:
        now = clock.now()
        if not self._accounts or self._random.randrange(12) == 0:
            account = new_id("acc", now)
            self._accounts = [*self._accounts, account][-NEWEST:]
            return account, RegisterAccount(at=now, workspace=self._name, site="sandbox")
        account = self._random.choice(self._accounts)
        if self._random.randrange(3) == 0:
            shared = await self._log.account_rows(SHARED, limit=SHARED_ACCOUNTS)
            account = self._random.choice(shared)["account_id"] if shared else account
        return account, self._random.choice(
            (
                RequestLink(at=now, attempt=new_id("att", now), policy=POLICY),
                RequestLink(at=now, attempt=new_id("att", now), policy=POLICY),
                CancelLink(at=now),
                CancelLink(at=now),
                DestroyAccount(at=now),
            )
        )


async def main(seed: str) -> None:
    """Run every task until killed."""
    name = f"{ACTOR}-{os.getpid()}"  # no two of a campaign send under the same id
    async with services(read_settings(os.environ)) as parts:
        tasks = [Task(f"{name}-{number}", parts, seed) for number in range(TASKS)]
        await asyncio.gather(*(task.run() for task in tasks))


if __name__ == "__main__":
    end_with_parent(int(sys.argv[2]))
    set_up_logging(ACTOR)  # to standard error: on standard output there is nothing but the protocol
    asyncio.run(main(sys.argv[1]))
