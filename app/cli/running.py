"""`linkwright up`, and the processes that it starts."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

import click
import structlog

from app.garbage import none_looked_for
from app.process import end_with_parent, run_until_told, set_up_logging
from app.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from adapters.worker_lease import LeaseLost

CANNOT_START = 2
"""Exit status when something must be done first; the sentence on standard error says what."""
LEASE_LOST = 3
"""Exit status of a process whose lease is gone: start it again."""


@click.command()
def up() -> None:
    """Start Linkwright: database, API, browsers and sandbox. Ctrl-C stops everything."""
    with none_looked_for():
        from adapters.event_log.errors import MigrationRefused
        from adapters.keys import KeyUnusable
        from adapters.postgres_server import PostgresServerError
        from app.data_folder import DataFolderError
        from app.up import StartError
        from app.up import up as start

    settings = _settings()
    set_up_logging("up")
    try:
        asyncio.run(run_until_told(lambda: start(settings, click.echo)))
    except (
        StartError,
        DataFolderError,
        KeyUnusable,
        MigrationRefused,
        PostgresServerError,
    ) as error:
        _cannot_start(str(error))


def _process(name: str) -> Callable[[Callable[[Settings], Awaitable[None]]], click.Command]:
    """Make a command of a process's main function."""

    def decorate(main: Callable[[Settings], Awaitable[None]]) -> click.Command:
        @click.command(name, help=main.__doc__, hidden=True)
        @click.option("--parent", type=int, help="End when this process does.")
        def command(parent: int | None) -> None:
            if parent is not None:
                end_with_parent(parent)
            set_up_logging(name)
            settings = _settings()
            _run(lambda: main(settings), parent)

        return command

    return decorate


def _run(main: Callable[[], Awaitable[None]], parent: int | None) -> None:
    lost: list[str] = []
    unusable: list[str] = []
    try:
        asyncio.run(run_until_told(main, parent_pid=parent))
    except* _lease_lost() as group:
        lost = [str(error) for error in group.exceptions]
    except* SettingsError as group:
        unusable = [str(error) for error in group.exceptions]
    if unusable:
        _cannot_start(unusable[0])
    if lost:  # no fault of ours: the database is away, or another process holds it by now
        structlog.get_logger().error("the lease is lost", because=lost[0])
        raise SystemExit(LEASE_LOST)


def _lease_lost() -> "type[LeaseLost]":
    """Asked only when something was raised: to import it is to import the database's driver."""
    from adapters.worker_lease import LeaseLost

    return LeaseLost


@_process("serve")
async def serve(settings: Settings) -> None:
    """Run the API, the pages, the feed, the deadlines and the workspaces."""
    with none_looked_for():
        from app.processes.serve import serve as run

    await run(settings)


@_process("worker")
async def worker(settings: Settings) -> None:
    """Run the browsers."""
    with none_looked_for():
        from app.processes.worker import worker as run

    await run(settings)


@_process("standby")
async def standby(settings: Settings) -> None:
    """Keep a standby for every linked account."""
    with none_looked_for():
        from app.processes.standby import standby as run

    await run(settings)


@_process("webhooks")
async def webhooks(settings: Settings) -> None:
    """Tell webhooks what happens."""
    with none_looked_for():
        from app.processes.webhooks import webhooks as run

    await run(settings)


@_process("sandbox")
async def sandbox(settings: Settings) -> None:
    """Run the stand-in WhatsApp page and its simulated phone."""
    with none_looked_for():
        from app.processes.sandbox import sandbox as run

    await run(settings)


def _settings() -> Settings:
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        _cannot_start(str(error))


def _cannot_start(sentence: str) -> NoReturn:
    click.echo(f"Cannot start: {sentence}", err=True)
    raise SystemExit(CANNOT_START)
