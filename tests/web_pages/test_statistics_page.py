"""The statistics page: what is drawn is what the route says."""

from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from adapters import clock
from app import statistics as summing
from domain.message_observations import RecordMessageSent
from tests.http_api.test_statistics import lost_and_not_found_again
from tests.messages_to_send import send
from tests.read_models import scenes
from tests.read_models.stories import NOON
from tests.read_models.test_twelve_failures import TWELVE
from tests.replay.test_statistics_of_bundles import twelve_bundles
from tests.retold import retell
from tests.running_api import RunningApi

pytestmark = pytest.mark.asyncio(loop_scope="session")

DRAWN = """() => {
  const widths = [...document.querySelectorAll(".bar-row")].map((row) => [
    row.dataset.key,
    row.querySelector(".fill").getBBox().width / row.querySelector(".track").getBBox().width,
  ]);
  const columns = [...document.querySelectorAll(".column")].map((column) => {
    const parts = [...column.querySelectorAll(".part")].map((part) => part.getBBox());
    const top = Math.min(...parts.map((part) => part.y));
    const floor = Math.max(...parts.map((part) => part.y + part.height));
    return [column.dataset.key, parts.length ? floor - top : 0];
  });
  return { widths: Object.fromEntries(widths), columns: Object.fromEntries(columns) };
}"""
DAYS_AGO = (0, 0, 1, 4)


@pytest.fixture
def stories() -> list[Any]:
    """Two links, a lost one with its reconnect, and the twelve failures."""
    return [
        scenes.linked(),
        scenes.linked(),
        lost_and_not_found_again(),
        *(make() for make, *_ in TWELVE.values()),
    ]


async def tell(api: RunningApi, stories: list[Any]) -> dict[str, Any]:
    """Let the stories have happened on some of the last days; give what the route says."""
    now_s = (clock.now() - NOON).total_seconds() - 3600
    for number, story in enumerate(stories):
        later_s = now_s - 86_400 * DAYS_AGO[number % len(DAYS_AGO)]
        await retell(api.services.dispatch, story, f"acc_{number}", later_s=later_s)
    return (await api.client.get("/v1/statistics")).json()["statistics"]


async def drawn(page: Page) -> dict[str, dict[str, float]]:
    await expect(page.locator(".column").last).to_be_visible()
    return await page.evaluate(DRAWN)


async def test_what_is_drawn_is_what_the_route_says(
    operator: Page, api: RunningApi, stories: list[Any]
) -> None:
    told = await tell(api, stories)
    await operator.goto("/statistics")
    await expect(operator.locator("[data-tile=attempts] strong")).to_have_text(
        str(told["attempts"])
    )
    ready = f"{told['ready']} of {told['attempts']}"
    await expect(operator.locator("[data-tile=ready]")).to_contain_text(ready)
    plots = await drawn(operator)

    (qr, _, reconnect) = told["ways"]
    steps = ("begun", "shown", "fetched", "scanned", "ready")
    assert plots["widths"] == {step: pytest.approx(qr[step] / qr["begun"]) for step in steps}
    for step in steps:
        row = operator.locator(f".bar-row[data-key={step}]")
        assert f": {qr[step]} of {qr['begun']}, " in (await row.get_attribute("aria-label") or "")

    measured = {name for name, spread in qr["durations"].items() if spread["count"]}
    rows = await operator.locator(".range-row").all()
    assert {await row.get_attribute("data-key") for row in rows} == measured
    scan = await operator.locator("[data-key=shown_to_scanned]").get_attribute("aria-label")
    assert f"half within {qr['durations']['shown_to_scanned']['p50_s']:.1f} s" in (scan or "")

    ended = {one["key"]: sum(one["causes"].values()) for one in told["buckets"]}
    highest = max(plots["columns"].values()) / max(ended.values())
    assert plots["columns"] == {
        key: pytest.approx(count * highest, abs=0.5) for key, count in ended.items()
    }
    causes = await operator.locator("[data-cause]").all()
    assert [await one.get_attribute("data-cause") for one in causes] == [
        one["code"] for one in told["causes"]
    ]

    await operator.get_by_role("button", name="Reconnect").click()
    begun = operator.locator(".bar-row[data-key=begun]")
    await expect(begun).to_contain_text(str(reconnect["begun"]))


async def test_columns_are_walked_with_the_keyboard_and_the_table_has_their_numbers(
    operator: Page, api: RunningApi, stories: list[Any]
) -> None:
    told = await tell(api, stories)
    await operator.goto("/statistics")
    await drawn(operator)
    last, earlier = told["buckets"][-1], told["buckets"][-2]
    await operator.locator(".column").last.focus()
    readout = operator.locator(".readout")
    await expect(readout).to_contain_text(f"{last['begun']} attempts")
    await operator.keyboard.press("ArrowLeft")
    focused = operator.locator(".column:focus")
    assert await focused.get_attribute("data-key") == earlier["key"]
    await expect(readout).to_contain_text(f"{earlier['begun']} attempts")
    await operator.keyboard.press("Home")
    assert await focused.get_attribute("data-key") == told["buckets"][0]["key"]

    await operator.get_by_text("Show the numbers").last.click()
    cells = operator.get_by_role("region", name="Why attempts ended").locator("tbody tr").last
    numbers = [
        last["begun"],
        last["ready"],
        *(last["causes"].get(one["code"], 0) for one in told["causes"]),
    ]
    assert await cells.locator("td").all_text_contents() == [str(number) for number in numbers]


async def test_fits_a_phone_and_leads_to_the_newest_example(
    operator: Page, api: RunningApi, stories: list[Any]
) -> None:
    told = await tell(api, stories)
    await operator.set_viewport_size({"width": 360, "height": 780})
    await operator.goto("/")
    await operator.get_by_role("link", name="Statistics").click()
    await drawn(operator)
    assert await operator.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    first = told["causes"][0]
    await operator.locator(f"[data-cause={first['code']}] a").click()
    await expect(operator.locator("[data-cause]")).to_be_visible()
    assert operator.url.endswith(f"/accounts/{first['account_id']}#v={first['version']}")


async def test_nothing_to_show_and_too_much_to_show(
    operator: Page, api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await operator.goto("/statistics?days=30")
    await expect(operator.locator(".empty")).to_contain_text("No attempts began in this time.")
    await tell(api, [scenes.linked()])
    monkeypatch.setattr(summing, "MOST_ATTEMPTS", 0)
    await operator.get_by_label("Began in").select_option("7")
    await expect(operator.get_by_role("alert")).to_contain_text("more than 0 attempts")
    assert "days=7" in operator.url


async def test_the_twelve_failures_as_a_file_are_summed_up_and_decided_again(
    operator: Page, api: RunningApi
) -> None:
    content = twelve_bundles()
    told = (await api.client.post("/v1/statistics/bundles", content=content)).json()
    await operator.goto("/statistics")
    await expect(operator.locator(".empty")).to_be_visible()
    chosen = FilePayload(name="twelve.bundle", mimeType="application/jsonl", buffer=content)
    await operator.locator("input[type=file]").set_input_files(chosen)
    await expect(operator.get_by_role("region", name="Bundles")).to_contain_text("Of twelve.bundle")
    attempts = told["statistics"]["attempts"]
    await expect(operator.locator("[data-tile=attempts] strong")).to_have_text(str(attempts))
    await expect(operator.locator("[data-fleet]")).to_contain_text(f"{attempts} SAME")
    for cause in told["statistics"]["causes"]:
        row = operator.locator(f"tr[data-cause={cause['code']}]")
        await expect(row).to_contain_text(str(cause["count"]))
        await expect(row.get_by_role("link")).to_have_count(0)

    await operator.get_by_label("Gathered by").select_option("week")
    await expect(operator.locator(".empty")).to_be_visible()
    nothing = FilePayload(name="none.txt", mimeType="text/plain", buffer=b"{}")
    await operator.locator("input[type=file]").set_input_files(nothing)
    await expect(operator.get_by_role("alert")).to_contain_text("no bundle")


async def test_it_counts_which_of_the_two_ways_messages_took(
    operator: Page, api: RunningApi
) -> None:
    account_id, _ = await api.ready_account()
    for number, by in enumerate(("primary", "primary", "standby", None)):
        message = f"msg_{number}"
        await api.see(account_id, send(message, clock.now()))
        if by is not None:
            sent = RecordMessageSent(at=clock.now(), message=message, by=by)
            await api.see(account_id, sent)
    await operator.goto("/statistics")
    told = operator.get_by_role("region", name="How messages went")
    await expect(told).to_contain_text("Of 4 messages accepted in this time.")
    for key, words in {
        "sent_by_primary": "Sent by the primary250 %",
        "sent_by_standby": "Sent by the backup125 %",
        "queued": "Waiting125 %",
    }.items():
        await expect(told.locator(f"[data-messages={key}]")).to_have_text(words)
