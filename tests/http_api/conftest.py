from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio

from adapters.keys import Keys
from adapters.sandbox import SandboxSettings, run_sandbox
from tests.running_api import MASTER_KEY, RunningApi, running_api


@pytest_asyncio.fixture
async def api(database: str, tmp_path: Path) -> AsyncGenerator[RunningApi]:
    """Serve the API on a database of the test's own."""
    async with running_api(database, tmp_path) as running:
        yield running


@pytest_asyncio.fixture
async def api_with_sandbox(database: str, tmp_path: Path) -> AsyncGenerator[RunningApi]:
    """Serve the API beside a running sandbox; no browser opens its pages."""
    settings = SandboxSettings(
        control_token=Keys(MASTER_KEY).sandbox_control, state_file=tmp_path / "sandbox.json"
    )
    async with (
        run_sandbox(settings) as sandbox,
        running_api(database, tmp_path, sandbox_port=sandbox.port) as running,
    ):
        yield running
