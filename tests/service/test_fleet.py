"""A worker speaks of the pages that it has opened, and of those that nobody holds any more."""

import asyncio
from typing import Any, cast

import pytest

from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import EventLog
from adapters.vault import Vault
from app.account_host import AccountHost
from app.dispatch import Dispatch
from app.fleet import CLOSED_AT_ONCE, Fleet
from app.held import Held
from app.orders import Open, Order
from domain.account import Account
from domain.commands import AnyCommand, RecordQr, RecordReady, RegisterAccount, RequestLink
from domain.log import Origin, RecordedEvent
from domain.observations import RecordProblem
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import DestroyAccount, RequestReconnect
from tests.examples import ATTEMPT, NEXT_ATTEMPT, PHONE, PHONE_KEYED, QR_KEYED_1, at
from tests.waiting import eventually, settle

BY_TEST = Origin(actor="system")
ONE, TWO = "acc_one", "acc_two"


class Shop:
    """A worker's fleet on a log, whose database can be cut off from one account."""

    def __init__(self, log: EventLog) -> None:
        self.dispatch = CutDispatch(log)
        self.hosts: dict[str, NotingHost] = {}
        self.closing: list[NotingHost] = []
        self.most_closing: list[int] = []
        self.fleet = Fleet(
            log=log,
            dispatch=self.dispatch,
            vault=cast("Vault", NoCodes()),
            host_of=self._host_of,
            now=lambda: at(200),
            origin=Origin(actor="worker:w1"),
        )

    def _host_of(self, account_id: str, _: Account) -> AccountHost:
        self.hosts[account_id] = NotingHost(self.closing, self.most_closing)
        return cast("AccountHost", self.hosts[account_id])

    async def tell(self, account: str, *commands: AnyCommand) -> None:
        for command in commands:
            await self.dispatch.submit(account, command, BY_TEST)

    async def account(self, account: str) -> Account:
        return (await self.dispatch.load(account)).account

    async def opens(self, account: str, attempt: str) -> None:
        """Wait until the page of this attempt was opened here."""

        async def opened() -> bool:
            return account in self.hosts and self.hosts[account].attempt_id == attempt

        await eventually(opened)


class CutDispatch(Dispatch):
    """A door that may find the database away just when it loads one account."""

    away_from = ""
    forgot = ""
    is_away = False
    asked_while_away = 0

    async def load(self, account_id: str) -> Held:
        self.asked_while_away += self.is_away
        if self.is_away or account_id == self.away_from:
            raise StorageUnavailable("the database is away")
        return await super().load(account_id)

    def forget(self, account_id: str) -> None:
        super().forget(account_id)
        self.forgot = account_id


class NotingHost:
    """Stands where `app.account_host.AccountHost` does, and opens no browser."""

    idle = False

    def __init__(self, closing: "list[NotingHost]", most_closing: list[int]) -> None:
        """`closing` are those of the whole fleet that close now."""
        self.attempt_id = ""
        self.closing, self.most_closing = closing, most_closing

    async def give(self, order: Order, _: Origin) -> None:
        if isinstance(order, Open):
            self.attempt_id = order.attempt

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.closing.append(self)
            self.most_closing.append(len(self.closing))
            await settle()
            self.closing.remove(self)

    def poke(self, *_: object) -> None:
        """Nobody writes messages here."""


class NoCodes:
    async def clear(self, account: str) -> None:
        """There is none to forget."""


def shown(attempt: str, second: float) -> tuple[RecordQr, RecordReady]:
    code = RecordQr(
        at=at(second), attempt=attempt, fingerprint=QR_KEYED_1, expires_at=at(second + 60)
    )
    return code, ready(attempt, second + 1)


def ready(attempt: str, second: float) -> RecordReady:
    return RecordReady(at=at(second), attempt=attempt, phone=PHONE, phone_fingerprint=PHONE_KEYED)


def asked(attempt: str) -> tuple[AnyCommand, ...]:
    return RegisterAccount(at=at(0), workspace="shop"), RequestLink(at=at(1), attempt=attempt)


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_worker_that_closes_speaks_of_its_own_pages_only(log: EventLog, *, replaced: bool):
    shop = Shop(log)
    running = asyncio.create_task(shop.fleet.run())
    await shop.tell(ONE, *asked(ATTEMPT))
    await shop.opens(ONE, ATTEMPT)
    running.cancel()
    await asyncio.wait([running])
    await shop.tell(ONE, *shown(ATTEMPT, 2))
    if replaced:  # as its successor does, which has the lease by now
        lost = RecordProblem(at=at(10), attempt=ATTEMPT, reason=Reason.WORKER_LOST)
        again = RequestReconnect(at=at(11), attempt=NEXT_ATTEMPT)
        await shop.tell(ONE, lost, again, ready(NEXT_ATTEMPT, 12))
    await shop.fleet.close()
    account = await shop.account(ONE)
    expected = (Status.READY, None) if replaced else (Status.DISCONNECTED, Reason.WORKER_LOST)
    assert (account.status, account.reason) == expected


@pytest.mark.parametrize("away", [False, True])
async def test_a_worker_with_many_pages_closes_a_few_at_once(log: EventLog, *, away: bool):
    """With the database away as well: only those whose turn it is find out that it is."""
    shop = Shop(log)
    running = asyncio.create_task(shop.fleet.run())
    accounts = {f"acc_{number}": f"attempt-{number}" for number in range(3 * CLOSED_AT_ONCE)}
    for account, attempt in accounts.items():
        await shop.tell(account, *asked(attempt))
        await shop.opens(account, attempt)
        await shop.tell(account, *shown(attempt, 2))
    running.cancel()
    await asyncio.wait([running])
    shop.dispatch.is_away = away
    await shop.fleet.close()
    assert len(shop.most_closing) == len(accounts)
    assert max(shop.most_closing) <= CLOSED_AT_ONCE
    assert shop.dispatch.asked_while_away <= CLOSED_AT_ONCE
    shop.dispatch.is_away = False
    reason = None if away else Reason.WORKER_LOST
    assert {(await shop.account(account)).reason for account in accounts} == {reason}


async def test_a_take_over_that_begins_anew_leaves_its_own_pages_alone(log: EventLog):
    shop = Shop(log)
    await shop.tell(ONE, *asked("attempt-one"))
    await shop.tell(TWO, *asked("attempt-two"), *shown("attempt-two", 2))
    shop.dispatch.away_from = TWO
    with pytest.raises(StorageUnavailable):
        await shop.fleet.run()
    assert shop.hosts[ONE].attempt_id == "attempt-one"
    shop.dispatch.away_from = ""
    await shop.tell(ONE, *shown("attempt-one", 2))
    running = asyncio.create_task(shop.fleet.run())

    async def told() -> bool:
        return (await shop.account(TWO)).reason is Reason.WORKER_LOST

    await eventually(told)
    running.cancel()
    await asyncio.wait([running])
    assert (await shop.account(ONE)).status is Status.READY


async def test_an_account_that_another_process_erased_is_forgotten(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
):
    shop = Shop(log)
    running = asyncio.create_task(shop.fleet.run())
    await shop.tell(ONE, *asked(ATTEMPT))
    await shop.opens(ONE, ATTEMPT)
    await Dispatch(log).submit(ONE, DestroyAccount(at=at(2), erase=True), BY_TEST)

    async def forgotten() -> bool:
        return shop.dispatch.forgot == ONE

    await eventually(forgotten)
    read_after: list[int] = []
    load = log.load

    async def noted(stream: str, after: int, **more: Any) -> list[RecordedEvent]:  # noqa: ANN401  as the log's
        read_after.append(after)
        return await load(stream, after, **more)

    monkeypatch.setattr(log, "load", noted)
    assert (await shop.account(ONE)).erased
    assert read_after == [0]
    running.cancel()
    await asyncio.wait([running])
