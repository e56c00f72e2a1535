"""A bundle on the page, looked at in the ways of an account: no account is known here."""

import pytest
from msgspec.structs import replace
from playwright.async_api import FilePayload, Page, expect

from domain import events as e
from domain.observations import RecordQr, RecordReady
from domain.wishes import RegisterAccount, RequestLink
from projections.replay.account_log import AccountLog
from projections.replay.bundle import write_bundle
from projections.replay.redaction import Level
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, NOON, Story, at
from tests.replay.test_account_log import log_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def bundle(log: AccountLog, name: str, level: Level = "masked") -> FilePayload:
    content = write_bundle(log, level, build="0.1.0")
    return FilePayload(name=name, mimeType="text/plain", buffer=content)


async def opened(page: Page, *files: FilePayload) -> None:
    await page.goto("/replay")
    await page.get_by_label("Choose a file").set_input_files(files)
    await expect(page.locator("tr[aria-current]")).to_be_visible()


async def view(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def test_a_bundle_is_compared_decided_again_and_drawn(operator: Page) -> None:
    failed, linked = log_of(scenes.scanned()), log_of(scenes.linked(), "acc_1")
    await opened(operator, bundle(linked, "linked.bundle"))
    await expect(operator.locator(".folded")).to_contain_text("1 issued, 1 fetched")

    await view(operator, "Compare")
    comparison = operator.get_by_role("region", name="Comparison")
    await expect(comparison).to_contain_text("Choose one of another bundle.")
    await comparison.get_by_label("Another bundle").set_input_files(
        bundle(failed, "failed.bundle", "limited")
    )
    await expect(comparison.get_by_text("Here they part.")).to_be_visible()
    await expect(comparison.get_by_label("Compare with an attempt of")).to_contain_text("failed")
    await expect(comparison.locator("tr[data-parts] td").first).to_contain_text("own phone number")

    await view(operator, "What if")
    what_if = operator.get_by_role("region", name="What if", exact=True)
    await what_if.get_by_text("Policy", exact=True).click()
    await what_if.get_by_label("Codes are renewed for").fill("8")
    await what_if.get_by_role("button", name="Decide again").click()
    await expect(what_if.locator("[data-verdict=BROKEN]")).to_be_visible()

    await view(operator, "Redecide")
    await expect(operator.locator("[data-identical=true]")).to_be_visible()
    await view(operator, "Path")
    picture = operator.get_by_role("img", name="The path of Attempt 1")
    await expect(picture).to_be_visible()
    await expect(picture).not_to_have_js_property("naturalWidth", 0)


async def test_two_that_come_at_once_are_compared_and_a_rule_of_redaction_is_named(
    operator: Page,
) -> None:
    files = bundle(log_of(scenes.linked()), "a", "full"), bundle(log_of(scenes.scanned()), "b")
    await opened(operator, *files)
    await view(operator, "Compare")
    await operator.get_by_label("Compare with an attempt of").select_option("b")
    await expect(operator.get_by_text("Here they part.")).to_be_visible()

    await view(operator, "What if")
    what_if = operator.get_by_role("region", name="What if", exact=True)
    await what_if.get_by_role("button", name="Insert an input").click()
    await what_if.get_by_label("What is inserted").select_option("RecordReady")
    await what_if.get_by_role("button", name="Decide again").click()
    refused = what_if.get_by_role("alert")
    await expect(refused).to_contain_text("stand-ins for every phone_fingerprint")
    await expect(refused.locator("code").first).to_have_text("full")  # set, not in back ticks
    await expect(refused.locator("code").last).to_have_text("redacted")
    await expect(refused).not_to_contain_text("`")


async def test_an_older_attempt_is_shown_with_its_cause(operator: Page) -> None:
    story = scenes.close_window(scenes.rotated({}))
    story = story.tell(RequestLink(at=at(400), attempt="att_2"), by=CLIENT)
    await opened(operator, bundle(log_of(story), "a.bundle"))
    cause = operator.locator(".cause-card")
    await expect(cause).to_contain_text("Cause of attempt 1")
    await expect(cause.locator("[data-cause=code_never_fetched]")).to_be_visible()
    await operator.locator("button.attempt[data-number='2']").click()
    await expect(cause).to_contain_text("Now")


def hostile() -> AccountLog:
    """Markup in whatever may hold a text, and a code that no build has numbered so."""
    story = Story().tell(
        RegisterAccount(at=NOON, workspace="ws_1", label=SCRIPT, site="sandbox"), by=CLIENT
    )
    story = story.tell(RequestLink(at=at(1), attempt=SCRIPT), by=CLIENT)
    code = RecordQr(at=at(3), attempt=SCRIPT, fingerprint=SCRIPT, expires_at=at(23))
    ready = RecordReady(
        at=at(9), attempt=SCRIPT, phone=SCRIPT, phone_fingerprint=SCRIPT, name=SCRIPT
    )
    log = log_of(story.tell(code, ready))
    events = [
        replace(one, event=replace(one.event, ordinal=7))
        if isinstance(one.event, e.QrIssued)
        else one
        for one in log.events
    ]
    return replace(log, account_id=SCRIPT, events=tuple(events))


async def test_what_a_hostile_bundle_says_stays_text_in_every_view(operator: Page) -> None:
    first = bundle(hostile(), SCRIPT, "none")
    await opened(operator, first, bundle(hostile(), f"2{SCRIPT}", "none"))
    await expect(operator.get_by_role("heading", name=SCRIPT)).to_be_visible()
    await expect(operator.locator(".heading .quiet")).to_contain_text(SCRIPT)
    await view(operator, "Compare")
    others = operator.get_by_label("Compare with an attempt of")
    await others.select_option(f"2{SCRIPT}")
    await expect(operator.get_by_role("columnheader", name="attempt 1 (right)")).to_be_visible()
    await view(operator, "What if")
    await operator.get_by_role("button", name="Decide again").click()
    await expect(operator.locator("[data-verdict]")).to_be_visible()
    await view(operator, "Redecide")
    verdict = operator.locator("[data-identical=false]")
    await expect(verdict).to_contain_text("position 3 of the log")
    await expect(operator.get_by_role("region", name="Redecide")).to_contain_text(
        "QrIssued.ordinal"
    )
    await expect(operator.locator("main img, main script")).to_have_count(0)
    await view(operator, "Path")
    await expect(operator.locator("img.path")).not_to_have_js_property("naturalWidth", 0)
    await expect(operator.locator("main img:not(.path), main script")).to_have_count(0)
