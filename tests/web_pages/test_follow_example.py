"""The docs' follower for browsers, in a browser, with tickets from a back end."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route

from tests.running_api import RunningApi, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
EXAMPLE = Path(__file__).parents[2] / "docs/how-to/followers/follow.mjs"
STORY = ["account.registered", "link.requested", "qr", "scanned", "phone.identified", "ready"]
FOLLOW = """async ([base, types]) => {
    const { followSocket, followEvents } = await import("/follow.mjs");
    const ticket = async () => (await fetch("/your-own/ticket", { method: "POST" })).json();
    followSocket(base, ticket, (item) => window.told("socket", item.type));
    followEvents(ticket, types, (item) => window.told("events", item.type));
}"""


async def test_both_ways_follow_the_feed_and_come_back_with_a_new_ticket(
    page: Page, api: RunningApi
):
    told: dict[str, list[str]] = {"socket": [], "events": []}

    async def example(route: Route) -> None:
        await route.fulfill(path=EXAMPLE, content_type="text/javascript")

    async def ticket(route: Route) -> None:
        given = await api.client.post("/v1/tickets")
        await route.fulfill(json=given.json())

    def hear(_: Any, how: str, kind: str) -> None:  # noqa: ANN401  Playwright's own
        told[how].append(kind)

    await page.route("**/follow.mjs", example)
    await page.route("**/your-own/ticket", ticket)
    await page.context.expose_binding("told", hear)
    await page.goto("/link")
    account_id, _ = await api.ready_account()
    await page.evaluate(FOLLOW, [api.url.replace("http", "ws", 1), [*STORY, "logout.requested"]])
    await until(lambda: told["socket"] == STORY == told["events"])
    api.hub.close()
    await until(lambda: api.hub.readers == 0)
    await api.client.post(f"/v1/accounts/{account_id}/logout")
    heard = [*STORY, "logout.requested"]
    await until(lambda: told["socket"] == heard == told["events"])
