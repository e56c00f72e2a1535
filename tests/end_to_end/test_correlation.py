"""One id leads from a request through the browser, and a logout is a request of its own."""

import httpx

from tests.end_to_end.story import Story

OF_OTHER_REQUESTS = {"account.registered", "qr.fetched"}


def test_what_the_browser_saw_carries_the_id_of_the_request(client: httpx.Client):
    story = Story(client)
    headers = {"X-Correlation-Id": "order-4711"}
    answered = client.post(
        f"/v1/accounts/{story.id}/link", params={"wait": 25}, json={}, headers=headers
    )
    assert answered.json()["account"]["status"] == "WAITING_QR"
    story.scan()
    assert story.until("READY", "FAILED")["status"] == "READY"
    linked = items(client, story.id)
    leaving = {"X-Correlation-Id": "leaving-1"}
    client.post(f"/v1/accounts/{story.id}/logout", headers=leaving)
    story.until("DISCONNECTED")
    left = items(client, story.id)[len(linked) :]

    by_browser = {one["type"]: one["correlation_id"] for one in linked}
    assert {"link.requested", "qr", "scanned", "ready"} <= by_browser.keys()
    others = {kind for kind, name in by_browser.items() if name != "order-4711"}
    assert others <= OF_OTHER_REQUESTS, by_browser
    ended = {one["type"]: one["correlation_id"] for one in left}
    assert (ended["logout.requested"], ended["logged_out"]) == ("leaving-1", "leaving-1")
    client.delete(f"/v1/accounts/{story.id}")


def items(client: httpx.Client, account_id: str) -> list[dict[str, str]]:
    """Give the account's items of the feed."""
    page = client.get("/v1/events", params={"account": account_id, "limit": 500}).json()
    found: list[dict[str, str]] = page["items"]
    return found
