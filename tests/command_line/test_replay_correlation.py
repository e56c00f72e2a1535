"""`replay correlation` tells everything that followed from one request."""

import json

from app.cli.ending import Exit
from tests.command_line.conftest import Run, Service
from tests.http_api.test_correlations import ORDER, linked, react


def test_across_accounts_in_the_order_of_the_log(use: Run, service: Service):
    first = service.do(linked(service.api, "shop"))
    second = service.do(linked(service.api, "other"))
    service.do(react(service.api))

    shown = use("replay", "correlation", ORDER)

    assert shown.exit_code == Exit.DONE, shown.output
    assert f"{first}  key:" in shown.output
    assert "workspace shop" in shown.output
    assert "refused" in shown.output
    told = json.loads(use("replay", "correlation", ORDER, "--json").output)["rows"]
    assert len(told) == len(shown.output.splitlines())
    assert {first, second} <= {row["account_id"] for row in told}
    ours = json.loads(use("replay", "correlation", ORDER, "--workspace", "shop", "--json").output)[
        "rows"
    ]
    assert ours == [row for row in told if row["workspace"] == "shop"]
    assert use("replay", "correlation", "order-4712").exit_code == Exit.NOT_FOUND
