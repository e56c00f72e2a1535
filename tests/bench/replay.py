"""A million inputs decided again on all cores, beside deciding alone; any state of a long account.

One embedded server: a log that the real domain decided, and another one for the long account.
"""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from adapters.event_log.migrate import migrate
from adapters.postgres_server import EmbeddedPostgres
from app.cli.figures import Report, machine, ratio
from tests.bench.replay_files import FilesTaken, file_figures, measure_files
from tests.bench.replay_fleet import FleetTaken, fleet_figures, fleet_references, measure_fleet
from tests.bench.replay_log import fill
from tests.bench.replay_state import StateTaken, measure_states, state_figures, state_references

INPUTS_PER_SAMPLE = 100_000
"""Of the log; ten samples make the million of the aim."""

Say = Callable[[str], None]


def measure(say: Say, samples: int) -> Report:
    """Measure everything; what is started here is stopped and deleted here."""
    about = machine(samples=samples)
    fleet, states, files = FleetTaken(), StateTaken(), FilesTaken()
    with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
        # The server may run as another user than we do, who must get to its own folder below.
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            conninfo = server.start()
            migrate(conninfo)
            inputs = samples * INPUTS_PER_SAMPLE
            say(f"Writing {inputs:,} inputs …")
            measure_fleet(conninfo, fill(conninfo, inputs), fleet, say)
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute("create database bench_states")
            conninfo = make_conninfo(conninfo, dbname="bench_states")
            migrate(conninfo)
            asyncio.run(measure_states(conninfo, samples, states, say))
    measure_files(files, say)
    figures = fleet_figures(fleet) | state_figures(states) | file_figures(files)
    references = fleet_references(fleet) | state_references(states)
    return Report(
        figures=figures,
        references=references,
        ratios={"fleet / decide": ratio(figures, references, "fleet / decide")},
        machine=about,
    )
