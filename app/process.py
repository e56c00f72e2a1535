"""How a process of Linkwright begins and ends: signals, and never outliving its parent."""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that the kernel sends when the parent dies. Linux only."""
PARENT_LOOK_S = 1.0


def set_up_logging(process: str) -> None:
    """Write one line an entry to standard error, warnings and worse from libraries."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # several lines a second in an outage
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(process=process)


def end_with_parent(parent_pid: int) -> None:
    """Ask the kernel to end this process when its parent does; call it first in the main thread.

    Elsewhere than on Linux `run_until_told` looks for the parent instead.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before we could ask
        sys.exit(1)


async def run_until_told(
    main: Callable[[], Awaitable[None]], *, parent_pid: int | None = None
) -> None:
    """Run until it ends by itself, or is cancelled by SIGINT, SIGTERM or the parent's death."""
    task = asyncio.ensure_future(main())
    loop = asyncio.get_running_loop()
    told = False

    def tell() -> None:
        nonlocal told
        if not told:  # an impatient second Ctrl-C must not cut the orderly stop short
            told = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell)
    watching = asyncio.create_task(_cancel_with_parent(task, parent_pid))
    try:
        await task
    except asyncio.CancelledError:
        return
    finally:
        watching.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _cancel_with_parent(task: "asyncio.Future[None]", parent_pid: int | None) -> None:
    while parent_pid is not None:
        await asyncio.sleep(PARENT_LOOK_S)
        if os.getppid() != parent_pid:
            task.cancel()
            return
