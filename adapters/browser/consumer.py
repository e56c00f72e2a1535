"""The one task of a session that calls back: takes notes from the inbox, in order."""

from collections.abc import Callable
from typing import assert_never

from adapters.browser.correspondence import Correspondence
from adapters.browser.intake import AGAIN, TAKEN, Ended, FromPage, Intake, Note, Tick, Told
from adapters.browser.narrator import Narrator
from adapters.browser.snapshot import Acks, Received, Report
from adapters.browser.spec import NotRecorded


class Consumer:
    """Acknowledges to the page what has been recorded, and nothing else."""

    def __init__(
        self,
        intake: Intake,
        narrator: Narrator,
        correspondence: Correspondence,
        *,
        after_look: Callable[[Report], None],
    ) -> None:
        self.busy = False
        self._intake = intake
        self._narrator = narrator
        self._correspondence = correspondence
        self._after_look = after_look
        self._leaving = False

    async def run(self) -> None:
        """Work until the attempt has ended, or until told to leave."""
        while not self._leaving:
            note = await self._intake.inbox.get()
            self.busy = True
            try:
                await self._take(note)
            finally:
                self.busy = False
            if isinstance(note, Ended):
                return

    def leave(self) -> None:
        """Call back no more; leave after the note that is being worked on."""
        self._leaving = True
        self._narrator.silent = True

    async def _take(self, note: Note) -> None:
        match note:
            case FromPage(message=message, answer=answer):
                taken = await self._from_page(message)
                if not answer.done():
                    answer.set_result(TAKEN if taken else AGAIN)
            case Tick():
                await self._tick()
            case Told(observation=observation):
                await self._narrator.insist(observation)
            case Ended(reason=reason, detail=detail):
                if not self._narrator.view.over:
                    await self._narrator.insist(self._narrator.problem(reason, detail))
            case _:
                assert_never(note)

    async def _from_page(self, message: Report | Acks | Received) -> bool:
        """True: all of it was recorded. Else the page is to send it again."""
        try:
            match message:
                case Report():
                    await self._narrator.tell(message.snapshot, message.boot)
                    self._intake.ticking = self._narrator.view.stage == "away"
                    self._after_look(message)
                case Acks():
                    await self._correspondence.acknowledge(message.acks)
                case Received():
                    await self._correspondence.receive(message.received)
                case _:
                    assert_never(message)
        except NotRecorded:
            return False
        return True

    async def _tick(self) -> None:
        try:
            await self._narrator.tell_again()
        except NotRecorded:
            return  # the next tick is 2 s away
