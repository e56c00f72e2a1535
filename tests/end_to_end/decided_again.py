"""Every log that a whole service wrote is decided again by that service, and comes out alike."""

import httpx

from tests.decided_again import keep, logs_are_wanted


def assert_decided_again_alike(client: httpx.Client) -> None:
    """Let the service decide again whatever it has recorded in all stories."""
    cursor = ""
    while cursor is not None:
        page = client.get("/v1/accounts", params={"limit": 100, "cursor": cursor}).json()
        for account in page["accounts"]:
            decide_again(client, account["id"])
        cursor = page.get("next_cursor")


def decide_again(client: httpx.Client, account_id: str) -> None:
    """Decide one account again, and keep its log if it is wanted."""
    answered = client.get(f"/v1/accounts/{account_id}/replay/redecide").json()
    assert answered["redecided"]["identical"], answered
    if logs_are_wanted():
        keep(client.get(f"/v1/accounts/{account_id}/bundle").raise_for_status().content)
