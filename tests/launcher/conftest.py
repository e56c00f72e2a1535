from pathlib import Path

import pytest

from tests.launcher.small_checkout import SmallCheckout


@pytest.fixture
def fresh_checkout(tmp_path: Path) -> SmallCheckout:
    """Return one that has never been launched. The first launch takes seconds; use it sparingly."""
    return SmallCheckout(tmp_path)


@pytest.fixture(scope="session")
def launched_checkout(tmp_path_factory: pytest.TempPathFactory) -> SmallCheckout:
    checkout = SmallCheckout(tmp_path_factory.mktemp("launched"))
    checkout.first = checkout.run("up")
    return checkout


@pytest.fixture
def checkout(launched_checkout: SmallCheckout) -> SmallCheckout:
    """Return one with everything installed, whatever the test before did to it."""
    launched_checkout.restore()
    again = launched_checkout.run("up")
    assert again.returncode == 0, again.stderr
    return launched_checkout
