"""Examples of what the webhooks' routes refuse, for test_problems_of_one_route.py."""

from typing import Any

from tests.http_api.callers import NO_WEBHOOK
from tests.running_api import RunningApi

INSIDE = {"json": {"url": "http://127.0.0.1/hook"}}
OUTSIDE: dict[str, Any] = {"json": {"url": "https://erp.example/hook"}}
WEBHOOKS: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("make_webhook", "address_refused", "POST", "/v1/webhooks", INSIDE),
    ("change_webhook", "address_refused", "PATCH", "/v1/webhooks/{disabled}", INSIDE),
    ("redeliver_webhook", "webhook_disabled", "POST", "/v1/webhooks/{disabled}/redeliver", {}),
    *(
        (name, "no_such_webhook", method, f"/v1/webhooks/{NO_WEBHOOK}{path}", given)
        for name, method, path, given in (
            ("show_webhook", "GET", "", {}),
            ("change_webhook", "PATCH", "", {"json": {}}),
            ("delete_webhook", "DELETE", "", {}),
            ("rotate_webhook_secret", "POST", "/rotate-secret", {}),
            ("enable_webhook", "POST", "/enable", {}),
            ("disable_webhook", "POST", "/disable", {}),
            ("test_webhook", "POST", "/test", {}),
            ("webhook_deliveries", "GET", "/deliveries", {}),
            ("redeliver_webhook", "POST", "/redeliver", {}),
        )
    ),
]


async def disabled_webhook(api: RunningApi) -> dict[str, str]:
    """Make the endpoint that the examples speak of."""
    made = await api.client.post("/v1/webhooks", **OUTSIDE)
    disabled = made.json()["webhook"]["id"]
    await api.client.post(f"/v1/webhooks/{disabled}/disable")
    return {"disabled": disabled}
