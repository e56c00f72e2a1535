"""How far behind each projection is, for operators and for probes."""

from adapters.event_log.database import Database
from adapters.event_log.standings import standings
from adapters.event_log.store import PostgresEventLog
from app.dispatch import Dispatch
from app.projecting.registry import FEED, KINDS, REACTOR
from app.projecting.standing import degraded, project_standings, status
from tests.projecting.conftest import Poison
from tests.projecting.tables import asked
from tests.service.test_loops import ONE, steps_to_ready, submit_all


async def test_a_follower_lags_by_events_and_by_the_age_of_the_first_of_them(
    dispatch: Dispatch, log: PostgresEventLog, database: str
) -> None:
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    await log.save_cursor(REACTOR, 4)
    async with Database(database) as opened:
        (reactor,) = await standings(opened, {REACTOR: None})
        assert (reactor.position, reactor.head, reactor.lag_events) == (4, 6, 2)
        assert reactor.lag_s > 0
        ((clock,),) = asked(
            database,
            "select extract(epoch from clock_timestamp()"
            " - (convert_from(state, 'UTF8')::json ->> 'recorded')::timestamptz)"
            " from events where notification_id = 5",
        )
        assert reactor.lag_s <= float(clock)

        await log.save_cursor(REACTOR, 6)
        (reactor,) = await standings(opened, {REACTOR: None})
        assert (reactor.lag_events, reactor.lag_s) == (0, 0.0)
        (here,) = await standings(opened, {FEED: 5})  # where this process stands
        assert (here.position, here.lag_events) == (5, 1)
        (ahead,) = await standings(opened, {FEED: 9})
        assert (ahead.lag_events, ahead.lag_s) == (0, 0.0)


async def test_tables_are_never_behind_and_clocks_have_no_position(
    dispatch: Dispatch, database: str
) -> None:
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    async with Database(database) as opened:
        of_name = {one.name: one for one in await status(opened)}
    assert list(of_name) == list(KINDS)
    accounts = of_name["accounts"]
    assert (accounts.position, accounts.head, accounts.lag_events, accounts.rows) == (6, 6, 0, 1)
    assert of_name["deadlines"].position is None
    assert of_name[REACTOR].lag_events == 6
    assert of_name[REACTOR].rows is None


async def test_what_is_parked_or_frozen_is_said_and_nothing_else(
    dispatch: Dispatch, log: PostgresEventLog, database: str, poison: Poison
) -> None:
    poison("attempts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    for name, kind in KINDS.items():
        if kind == "follower":
            await log.save_cursor(name, 6)
    async with Database(database) as opened:
        (said,) = degraded(await project_standings(opened))
        assert said.projection == "attempts"
        assert said.sentence.startswith("1 partition is parked")

        for name in ("one", "two"):
            await log.park(REACTOR, name, 1, "x")
        frozen = {FEED: -5000}
        assert [
            (one.projection, one.sentence)
            for one in degraded(await project_standings(opened, frozen))
        ] == [
            ("attempts", "1 partition is parked: see `./linkwright projections status`."),
            (FEED, "It is 5,006 events (0 s) behind the log."),
            (
                REACTOR,
                "2 partitions are parked: see `./linkwright projections status`.",
            ),
        ]
