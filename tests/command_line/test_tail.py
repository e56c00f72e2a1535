"""`tail` follows what happens, as it happens."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from app.cli import tail
from app.cli.answers import FeedItem
from app.cli.ending import Exit
from tests.command_line.conftest import Run, Service


@pytest.fixture
def of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command end after four items: it has no end of its own."""
    endless = tail.follow

    def four(*given: Any) -> Iterator[FeedItem]:  # noqa: ANN401  as the function has them
        return islice(endless(*given), 4)

    monkeypatch.setattr(tail, "follow", four)


@pytest.mark.usefixtures("of_four")
def test_of_one_account_from_the_beginning(use: Run, service: Service):
    service.do(service.api.ready_account())
    account_id, _ = service.do(service.api.ready_account())

    shown = use("tail", account_id, "--after", "0")

    assert shown.exit_code == Exit.DONE, shown.output
    lines = shown.output.splitlines()
    assert len(lines) == 4
    assert all(account_id in line for line in lines)
    assert "WAITING_QR      qr " in lines[2]
    assert lines[2].endswith("attempt 1, ordinal 1")


@pytest.mark.usefixtures("of_four")
def test_filters_are_combined(use: Run, service: Service):
    service.do(service.api.ready_account(workspace="other"))
    for _ in range(2):
        service.do(service.api.ready_account(workspace="shop"))

    told = use(
        *("tail", "--after", "0", "--workspace", "shop", "--type", "qr", "--type", "ready"),
        "--json",
    )

    items = [json.loads(line) for line in told.output.splitlines()]
    assert [item["type"] for item in items] == ["qr", "ready"] * 2
    assert {item["workspace"] for item in items} == {"shop"}
    assert use("tail", "--type", "linked").exit_code == Exit.USAGE
