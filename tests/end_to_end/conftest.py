"""One whole Linkwright for all stories of this folder; tests that kill make their own."""

from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.decided_again import assert_decided_again_alike
from tests.end_to_end.installation import Installation
from tests.end_to_end.laravel import HMAC_SECRET

FAST = {
    # Codes live 6 s and 2 s instead of 60 s and 20 s.
    "LINKWRIGHT_SANDBOX_TIME_SCALE": "10",
    "LINKWRIGHT_POLICY": '{"reconnect_first_s": 0.5}',
    # A second browser for every linked account would double what these stories cost.
    "LINKWRIGHT_STANDBY": "off",
    "LINKWRIGHT_HMAC_SECRET": HMAC_SECRET,
    "LINKWRIGHT_WEBHOOK_ALLOW": "127.0.0.0/8",
}


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """Return a running installation that nobody kills."""
    made = Installation(tmp_path_factory.mktemp("linkwright"), FAST)
    made.start()
    try:
        yield made
        with made.client() as client:
            assert_decided_again_alike(client)
    finally:
        made.stop()


@pytest.fixture
def client(installation: Installation) -> Generator[httpx.Client]:
    """Return a client with the first key."""
    with installation.client() as made:
        yield made


@pytest.fixture
def fresh_installation(tmp_path: Path) -> Generator[Callable[..., Installation]]:
    """Return a maker of installations that are stopped at the end, whatever was done to them."""
    made: list[Installation] = []

    def make(**environment: str) -> Installation:
        folder = tmp_path / f"installation-{len(made)}"
        folder.mkdir()
        made.append(Installation(folder, {**FAST, **environment}))
        return made[-1]

    yield make
    for each in made:
        if each.pids("up"):
            each.stop()
