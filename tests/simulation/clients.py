"""The clients of the service: they want this and that, read, lose patience, and try again."""

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from adapters.event_log.errors import StorageUnavailable
from domain.commands import AnyCommand
from domain.observations import RecordQrFetch
from domain.policy import Policy
from domain.status import LINKING, Status
from domain.wishes import (
    CancelLink,
    DestroyAccount,
    RegisterAccount,
    RequestLink,
    RequestLogout,
    RequestReconnect,
    RequestStop,
)
from tests.simulation.parts import Service
from tests.simulation.virtual_time import after

if TYPE_CHECKING:
    from tests.simulation.world import World

TRIES = 3
"""How often a command is sent while its outcome is unknown."""
SHORT = Policy(
    initialize_s=3.0,
    start_queue_s=4.0,
    link_window_s=12.0,
    authentication_s=4.0,
    phone_number_s=1.0,
    passkey_s=4.0,
    logout_s=2.0,
    reconnect_first_s=0.5,
    reconnect_most_s=3.0,
    reconnect_budget=3,
    reconnect_reset_after_s=6.0,
)
"""A lifecycle of seconds: every deadline is met and missed within one short run."""


class Client:
    """One client with its own thread of wishes; it waits for each answer."""

    def __init__(self, world: "World", name: str) -> None:
        self.name = name
        self._world = world
        self._chance: Random = world.chance

    async def live(self, wishes: int) -> None:
        """Wish so many times, with pauses."""
        for _ in range(wishes):
            await after(self._chance.random() * 3.0)
            account = self._chance.choice(self._world.accounts)
            await self._act(account)

    async def register(self, account: str) -> None:
        """Register an account, as often as it takes."""
        while self._world.promises.stories.version(account) == 0:
            command = RegisterAccount(
                at=self._world.now(),
                workspace=self._world.workspace_of(account),
                label="Front desk",
                policy=SHORT,
            )
            await self.wish(account, command)
            await after(0.1)

    async def wish(self, account: str, command: AnyCommand) -> None:
        """Send a command, and again under the same claim while nobody knows what became of it."""
        request = self._world.promises.asked(account, command, self.name, claims=True)
        for _ in range(TRIES):
            service = self._world.any_service()
            if service is None:
                return
            handling = self._world.handle(service.process, service.dispatch, request)
            if await self._answered(service, handling):
                return
            request = replace(request, again=True)
            await after(self._chance.random() * 2.0)

    async def storm(self, account: str) -> None:
        """Send many commands at once, through every service there is."""
        commands = [self._any_wish(account) for _ in range(self._chance.randint(4, 12))]
        await asyncio.gather(*(self.wish(account, command) for command in commands))

    async def _act(self, account: str) -> None:
        match self._chance.randrange(10):
            case 0:
                await self._read(account)
            case 1:
                await self.wish(account, self._any_wish(account))
            case 2:
                await self._fetch(account)
            case _:
                await self.wish(account, self._useful_wish(account))

    def _useful_wish(self, account: str) -> AnyCommand:
        """Wish what gets the account on, so that stories become long."""
        at = self._world.now()
        match self._world.promises.stories.told(account).account.status:
            case Status.NOT_CREATED | Status.FAILED:
                by_code = self._chance.random() < 0.1
                return RequestLink(
                    at=at,
                    attempt=self._world.new_id("att"),
                    method="pairing_code" if by_code else "qr",
                    pairing_phone="62811555001" if by_code else None,
                )
            case Status.DISCONNECTED if self._chance.random() < 0.5:
                return RequestReconnect(at=at, attempt=self._world.new_id("att"))
            case Status.DISCONNECTED:
                return RequestLink(at=at, attempt=self._world.new_id("att"), retry=True)
            case status if status in LINKING:
                return CancelLink(at=at) if self._chance.random() < 0.1 else self._fetched(account)
            case _:
                return RequestLogout(at=at) if self._chance.random() < 0.7 else self._destroy()

    def _any_wish(self, account: str) -> AnyCommand:
        at, new_id = self._world.now(), self._world.new_id
        match self._chance.randrange(7):
            case 0:
                return RequestLink(at=at, attempt=new_id("att"))
            case 1:
                return CancelLink(at=at)
            case 2:
                return RequestReconnect(at=at, attempt=new_id("att"))
            case 3:
                return RequestLogout(at=at)
            case 4:
                return self._fetched(account)
            case 5:
                return RequestStop(at=at)
            case _:
                return self._destroy() if self._chance.random() < 0.3 else CancelLink(at=at)

    def _destroy(self) -> AnyCommand:
        return DestroyAccount(at=self._world.now(), erase=self._chance.random() < 0.5)

    def _fetched(self, account: str) -> AnyCommand:
        attempt = self._world.promises.stories.told(account).account.attempt
        return RecordQrFetch(
            at=self._world.now(),
            attempt=attempt.id if attempt else "att_of_another_day",
            fingerprint=attempt.code.fingerprint if attempt and attempt.code else "code_gone",
        )

    async def _fetch(self, account: str) -> None:
        await self.wish(account, self._fetched(account))

    async def _read(self, account: str) -> None:
        """Load the account: what a service holds is what the log tells."""
        service = self._world.any_service()
        if service is not None:
            version = self._world.promises.stories.version(account)
            await self._answered(service, self._load(service, account, version))

    async def _load(self, service: Service, account: str, version: int) -> None:
        held = await service.dispatch.load(account)
        self._world.promises.check_read(account, held, version)

    async def _answered(self, service: Service, handled: Coroutine[Any, Any, None]) -> bool:
        """Tell whether an answer came; whoever loses patience takes the connection away."""
        handling = service.process.spawn(handled)
        if self._chance.random() < 0.05:
            asyncio.get_running_loop().call_later(self._chance.random() * 0.01, handling.cancel)
        await asyncio.wait({handling})
        return not (handling.cancelled() or isinstance(handling.exception(), StorageUnavailable))
