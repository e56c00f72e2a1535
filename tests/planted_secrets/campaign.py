"""Plants secrets through every flow until there are enough, and reads everything back."""

from collections import Counter
from collections.abc import Callable

import msgspec

from adapters import clock
from tests.planted_secrets.breaking import break_inside
from tests.planted_secrets.commands import follow_by_commands, read_by_commands
from tests.planted_secrets.dropins import follow_others, send_for_an_erp
from tests.planted_secrets.linking import link_by_code, link_by_pairing_code, lose
from tests.planted_secrets.messages import make_webhooks, save_templates, send_and_receive
from tests.planted_secrets.misplaced import (
    bring_wrong_keys,
    misplace_in_addresses,
    misplace_in_bodies,
    misplace_on_streams,
    use_one_time_secrets,
)
from tests.planted_secrets.reading import read_account, read_all, read_database
from tests.planted_secrets.reverb import follow_as_laravel, misplace_on_reverb
from tests.planted_secrets.stage import Account, Stage
from tests.planted_secrets.typed import type_secrets
from tests.planted_secrets.watch import Found
from tests.planted_secrets.writing_commands import write_by_commands
from tests.waiting import eventually

WRONG_EVERY = 80
"""Accounts between two rounds of what does not belong to one account: they plant hundreds each."""


COMMANDS_EVERY = 10
"""Only each so many-th account is read by commands too: some sixty for each of them."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign found."""

    planted: Counter[str]
    searched: Counter[str]
    looks: int
    accounts: int
    shown: Found
    leaks: Found
    enough: bool

    def with_those_of(self, other: "Result") -> "Result":
        """Join what two campaigns found."""
        return Result(
            planted=self.planted + other.planted,
            searched=self.searched + other.searched,
            looks=self.looks + other.looks,
            accounts=self.accounts + other.accounts,
            shown=self.shown | other.shown,
            leaks=self.leaks | other.leaks,
            enough=self.enough and other.enough,
        )


async def run(
    here: Stage, database: str, wanted: int, limit_s: float, said: Callable[[], bytes]
) -> Result:
    """Plant at least so many unless the time is over before; `said` gives what was logged."""
    until_s = clock.monotonic_s() + limit_s
    accounts: list[Account] = []
    while not accounts or (len(here.canaries) < wanted and clock.monotonic_s() < until_s):
        if len(accounts) % WRONG_EVERY == 0:
            await save_templates(here)
            await make_webhooks(here)
            accounts += await _from_other_systems(here)
        accounts.append(await _whole_life(here))
    of_commands = [
        *accounts[:: COMMANDS_EVERY * here.every],
        *await write_by_commands(here, database),
    ]
    await _go_wrong(here, accounts[-1].id, database)
    await type_secrets(here, database)
    await _until_told(here)
    for account in accounts:
        await read_account(here, account)
    await read_by_commands(here, database, of_commands)
    if here.every == 1:  # they are processes of their own
        await follow_by_commands(here, database)
    await read_all(here)
    read_database(here, database)
    here.watch.see("log", said())
    return Result(
        planted=here.canaries.kinds(),
        searched=here.watch.searched,
        looks=here.watch.looks,
        accounts=len(accounts),
        shown=here.watch.found,
        leaks=here.watch.leaks(),
        enough=len(here.canaries) >= wanted,
    )


async def _whole_life(here: Stage) -> Account:
    account = await link_by_pairing_code(here)
    attempt = await link_by_code(here, account)
    await send_and_receive(here, account)
    await lose(here, account, attempt)
    return Account(account, attempts=2)


async def _from_other_systems(here: Stage) -> list[Account]:
    linked = [*await follow_as_laravel(here), await send_for_an_erp(here)]
    await follow_others(here)
    return [Account(one) for one in linked]


async def _go_wrong(here: Stage, account: str, database: str) -> None:
    await misplace_in_bodies(here, account)
    await misplace_in_addresses(here, account)
    await misplace_on_streams(here, account)
    await misplace_on_reverb(here)
    await bring_wrong_keys(here, account)
    await use_one_time_secrets(here, account)
    await break_inside(here, database, account)


async def _until_told(here: Stage) -> None:
    """Wait until receivers have said their words: those that answer, and those that do not."""

    async def looks() -> bool:
        listed = (await here.client.get("/v1/webhooks")).json()["webhooks"]
        ours = [one for one in listed if one["url"].startswith(here.receiver.url(""))]
        return all(one["failing_since"] or one["delivered_at"] for one in ours)

    await eventually(looks)
