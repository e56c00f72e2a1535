from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.postgres_server import EmbeddedPostgres
from tests.postgres_server.keeper import Keeper


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(data_folder: Path) -> Generator[EmbeddedPostgres]:
    """Return a server that keeps its promises on disk: fsync stays on."""
    server = EmbeddedPostgres(data_folder)
    yield server
    server.stop()


@pytest.fixture
def keep() -> Generator[Callable[..., Keeper]]:
    """Return a function that starts a server in another process, one that may be killed."""
    with ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(Keeper(*arguments, **options))
