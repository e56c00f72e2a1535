"""Records the corpus's performances: a real Linkwright, a real Chromium, the stand-in page.

Every performance is played a few times, a few at once. One that does not go as it should is left
out and told: its label would not be true.
"""

import asyncio
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx

from adapters.event_log.database import Database
from adapters.event_log.store import PostgresEventLog
from adapters.keys import load_keys
from app.account_logs import read_account_log
from app.cli.verify import database_address
from app.dispatch import Dispatch
from app.settings import read_settings
from projections.replay.account_log import AccountLog
from tests.corpus import kept
from tests.corpus.labelled import LINKED, Labelled
from tests.corpus.performances import PERFORMANCES, Played, story
from tests.end_to_end.installation import Installation
from tests.waiting import wait_until

RECORDED = Path(__file__).parent / "recorded.jsonl.gz"
AT_ONCE = 5
TIME_SCALE = "6"
"""Codes live 10 s and 3.3 s instead of 60 s and 20 s: a person's times still matter."""
LIMIT_S = 1200.0
STRUCK_S = 180.0
STRUCK = "struck"


def record(times: int, only: str = "") -> int:
    """Play and write; 1 when a performance failed every time.

    With `only`, performances with this in their name; what is stored of the others stays.
    """
    with tempfile.TemporaryDirectory(prefix="linkwright-corpus-") as folder:
        environment = {
            "LINKWRIGHT_SANDBOX_TIME_SCALE": TIME_SCALE,
            "LINKWRIGHT_POLICY": '{"reconnect_first_s": 0.5}',
        }
        installation = Installation(Path(folder), environment)
        try:
            installation.start()
            played = _play_all(installation, times, only)
            played += [] if only else _strike(installation, accounts=times)
            logs = asyncio.run(_read_all(installation, played))
        finally:
            installation.stop()
    others = [each for each in kept.read(RECORDED) if only not in each.name] if only else []
    kept.write(RECORDED, [*others, *logs])
    missing = {name for name in PERFORMANCES if only in name} - {name for name, _ in played}
    sys.stdout.write(f"{len(logs)} logs recorded, {RECORDED.stat().st_size} bytes\n")
    for name in sorted(missing):
        sys.stdout.write(f"never went as it should: {name}\n")
    return 1 if missing else 0


def _play_all(installation: Installation, times: int, only: str) -> list[tuple[str, Played]]:
    wanted = [(name, n) for n in range(times) for name in PERFORMANCES if only in name]
    played: list[tuple[str, Played]] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        playing = {
            (name, n): pool.submit(_play, installation, name, n * len(PERFORMANCES) + nth)
            for nth, (name, n) in enumerate(wanted)
        }
        for (name, n), result in playing.items():
            played += _taken(f"{name} {n + 1}", name, result)
    return played


def _strike(installation: Installation, accounts: int) -> list[tuple[str, Played]]:
    """Kill the worker, then every browser, under accounts that are linked; each time all return."""
    with installation.client() as client, ExitStack() as stories:
        told = [stories.enter_context(story(client)) for _ in range(accounts)]
        for nth, each in enumerate(told):
            each.link_to_ready(phone=f"49160{nth:07d}")
        for nth, part in enumerate(("worker", "browser"), start=2):
            installation.kill(part)
            for each in told:
                wait_until(lambda e=each, n=nth: e.names().count("LinkCompleted") >= n, STRUCK_S)
        # How many tries it takes to return after that is up to the machine: those have no label.
        struck = {1: "worker_lost", 2: "browser_crashed"}
        return [(STRUCK, Played(account_id=each.id, labels=struck, now=LINKED)) for each in told]


def _play(installation: Installation, name: str, number: int) -> list[Played]:
    with installation.client() as client:
        return PERFORMANCES[name](client, f"49151{number:07d}")


def _taken(title: str, name: str, result: "Future[list[Played]]") -> list[tuple[str, Played]]:
    try:
        each = result.result(LIMIT_S)
    except (AssertionError, KeyError, httpx.HTTPError) as error:
        first_line = (str(error).splitlines() or [""])[0]
        sys.stdout.write(f"left out: {title}: {type(error).__name__}: {first_line[:160]}\n")
        return []
    return [(name, played) for played in each]


async def _read_all(installation: Installation, played: list[tuple[str, Played]]) -> list[Labelled]:
    settings = read_settings(installation.environment)
    keys = load_keys(installation.environment, settings.key_file)
    async with Database(database_address(settings)) as database:
        log = PostgresEventLog(database, keys)
        try:
            return [await _read(log, name, each) for name, each in played]
        finally:
            await log.close()


async def _read(log: PostgresEventLog, name: str, played: Played) -> Labelled:
    held = await Dispatch(log).load(played.account_id)
    whole = await read_account_log(log, played.account_id, held)
    return Labelled(
        source="scene",
        name=name,
        log=kept.masked(_before_the_end(whole)),
        labels=played.labels,
        now=played.now,
    )


def _before_the_end(log: AccountLog) -> AccountLog:
    """Leave out that the account was destroyed when the performance was over."""
    ends = [given.input_id for given in log.inputs if given.kind == "DestroyAccount"]
    last = min(ends, default=sys.maxsize)
    return AccountLog(
        account_id=log.account_id,
        inputs=tuple(given for given in log.inputs if given.input_id < last),
        events=tuple(recorded for recorded in log.events if recorded.input_id < last),
    )
