"""`linkwright projections …` as people and scripts see it."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.event_log.store import PostgresEventLog
from app.cli import linkwright
from app.cli.ending import Exit
from app.dispatch import Dispatch
from app.projecting.registry import KINDS, REACTOR
from tests.opened_log import MASTER_KEY
from tests.projecting.conftest import Poison
from tests.projecting.tables import asked
from tests.service.test_loops import ONE, TWO, steps_to_ready, submit_all


class Command:
    """Runs `projections` on one database, with the key that it was written under."""

    def __init__(self, database: str, data: Path) -> None:
        self._environment = {
            "DATABASE_URL": database,
            "LINKWRIGHT_DATA": str(data),
            "LINKWRIGHT_MASTER_KEY": b64encode(MASTER_KEY).decode(),
        }

    async def aside(self, *arguments: str) -> Result:
        """Run it beside the loop of an asynchronous test."""
        return await asyncio.to_thread(self, *arguments)

    def __call__(self, *arguments: str, **environment: str) -> Result:
        runner = CliRunner(env=self._environment | environment)
        return runner.invoke(linkwright, ["projections", *arguments])


@pytest.fixture
def run(database: str, tmp_path: Path) -> Command:
    """Give the command on the test's database."""
    return Command(database, tmp_path)


@pytest.fixture
async def told(dispatch: Dispatch) -> None:
    """Tell of two linked accounts."""
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    await submit_all(dispatch, TWO, steps_to_ready("two-1"))


@pytest.mark.usefixtures("told")
def test_status_lists_every_projection(run: Command) -> None:
    shown = run("status")
    assert shown.exit_code == Exit.DONE
    for name in KINDS:
        assert name in shown.output
    (reactor,) = [line for line in shown.output.splitlines() if line.startswith(REACTOR)]
    assert reactor.split()[1:5] == ["follower", "0", "12", "12"]
    told = json.loads(run("status", "--json").stdout)
    accounts = told["projections"][0]
    assert (accounts["name"], accounts["rows"], accounts["lag_events"]) == ("accounts", 2, 0)
    assert told["parked"] == []


@pytest.mark.usefixtures("told")
async def test_status_names_what_is_parked_and_ends_with_one(
    run: Command, log: PostgresEventLog
) -> None:
    await log.park(REACTOR, ONE, 3, "QrIssued (version 3) raised ValueError in react.")
    shown = await run.aside("status")
    assert shown.exit_code == Exit.FAILED
    assert f"{REACTOR} {ONE} at position 3: QrIssued (version 3) raised" in shown.output
    assert "./linkwright projections retry" in shown.output
    told = json.loads((await run.aside("status", "--json")).stdout)
    assert told["parked"][0]["stream"] == ONE


@pytest.mark.usefixtures("told")
def test_verify_says_that_all_is_well_or_names_the_rows(run: Command, database: str) -> None:
    shown = run("verify")
    assert shown.exit_code == Exit.DONE
    assert "accounts: all 2 rows are what the log says, at position 12." in shown.output

    asked(database, "update accounts set status = 'FAILED' where account_id = 'acc_one'")
    shown = run("verify", "accounts")
    assert shown.exit_code == Exit.FAILED
    assert "✗ accounts acc_one: it differs in status" in shown.output
    assert "./linkwright projections rebuild accounts" in shown.output
    assert run("verify", "attempts").exit_code == Exit.DONE

    told = json.loads(run("verify", "--json").stdout)
    assert told["same"] is False
    (difference,) = told["projections"][0]["differences"]
    assert (difference["row"], difference["columns"]) == ("acc_one", ["status"])


@pytest.mark.usefixtures("told")
def test_rebuild_puts_it_right(run: Command, database: str) -> None:
    asked(database, "update accounts set status = 'FAILED'")
    asked(database, "delete from attempts")
    shown = run("rebuild", "all")
    assert shown.exit_code == Exit.DONE, shown.output
    assert "✓ accounts: 2 rows, true for position 12." in shown.output
    assert run("verify").exit_code == Exit.DONE
    built = json.loads(run("rebuild", "accounts", "--json").stdout)["rebuilt"]
    assert built == [{"projection": "accounts", "position": 12, "rows": 2, "parked": 0}]


async def test_what_is_parked_is_told_by_each_until_a_retry_works(
    run: Command, dispatch: Dispatch, poison: Poison, mend: Callable[[], None]
) -> None:
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    assert (await run.aside("verify")).exit_code == Exit.FAILED
    assert (
        f"accounts {ONE}: it is parked, and so not compared" in (await run.aside("verify")).output
    )
    rebuilt = await run.aside("rebuild", "accounts")
    assert rebuilt.exit_code == Exit.FAILED
    assert "parked accounts 1, which keep the rows that they had" in rebuilt.output
    tried = await run.aside("retry")
    assert tried.exit_code == Exit.FAILED
    assert f"✗ accounts {ONE} stays parked: QrIssued (version 3) raised Defect" in tried.output

    mend()
    tried = await run.aside("retry", "accounts", ONE, "--json")
    assert tried.exit_code == Exit.DONE
    assert json.loads(tried.stdout)["retried"] == [
        {"projection": "accounts", "stream": ONE, "freed": True, "sentence": ""}
    ]
    assert (await run.aside("verify")).exit_code == Exit.DONE
    assert (await run.aside("retry")).output == "Nothing is parked.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "nothing"], "There is no projection 'nothing'."),
        (["rebuild", "feed"], "feed keeps no table: it reads the log itself."),
        (["retry", "nothing"], "There is no projection 'nothing'."),
    ],
)
def test_a_name_that_is_none_is_a_wrong_use(
    run: Command, arguments: list[str], sentence: str
) -> None:
    shown = run(*arguments)
    assert shown.exit_code == Exit.USAGE
    assert sentence in shown.output
    assert "accounts" in shown.output


def test_an_account_that_is_not_parked_is_not_found(run: Command) -> None:
    shown = run("retry", "accounts", "acc_none")
    assert shown.exit_code == Exit.NOT_FOUND
    assert "acc_none is not parked in accounts." in shown.output


@pytest.mark.usefixtures("told")
def test_without_the_right_key_nothing_is_touched(run: Command) -> None:
    missing = run("rebuild", "all", LINKWRIGHT_MASTER_KEY="")
    assert missing.exit_code == Exit.KEY
    assert "There is no master key" in missing.output
    wrong = run("rebuild", "all", LINKWRIGHT_MASTER_KEY=b64encode(b"x" * 32).decode())
    assert wrong.exit_code == Exit.KEY
    assert "sealed under another master key" in wrong.output
    assert run("verify").exit_code == Exit.DONE


def test_a_database_that_is_away_is_the_services_trouble(run: Command, tmp_path: Path) -> None:
    shown = run("verify", DATABASE_URL=f"postgresql:///log?host={tmp_path}")
    assert shown.exit_code == Exit.SERVICE
    assert "Check DATABASE_URL" in shown.output
    stopped = run("status", DATABASE_URL="")
    assert stopped.exit_code == Exit.UNREACHABLE
    assert "./linkwright up" in stopped.output
