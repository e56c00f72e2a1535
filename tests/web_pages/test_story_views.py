"""The other ways to look at an attempt."""

import pytest
from playwright.async_api import Page, expect

from adapters import clock
from adapters.event_log.interface import Append
from domain.events import ConnectionLost
from domain.log import InputToAppend
from domain.observations import RecordLogout, RecordPage, RecordProblem
from domain.policy import Policy
from domain.reasons import Reason
from tests.decided_again import BY_HAND
from tests.running_api import RunningApi

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def failed_after_success(api: RunningApi, reason: Reason = Reason.SCAN_REJECTED) -> str:
    account_id, linked = await api.ready_account(label="Sales")
    await api.see(account_id, RecordLogout(at=clock.now(), attempt=linked, by="phone"))
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    await api.see(account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=reason))
    return account_id


async def test_two_attempts_side_by_side_up_to_where_they_part(
    operator: Page, api: RunningApi
) -> None:
    account_id = await failed_after_success(api)
    await operator.goto(f"/accounts/{account_id}")
    await operator.get_by_role("button", name="Compare").click()
    comparison = operator.get_by_role("region", name="Comparison")
    parting = comparison.locator("tr[data-parts] td")
    await expect(parting.first).to_contain_text("The attempt failed")
    await expect(parting.last).to_contain_text("own phone number")
    await expect(comparison.get_by_text("Here they part.")).to_be_visible()
    same = comparison.locator("tr[data-same]")
    await expect(same.first).to_contain_text("Attempt 2 began")
    await expect(same.first.locator(".delta")).to_have_text("0")

    other = await api.register(label="Other desk")
    await api.link(other)
    await operator.reload()  # the address names the view
    await comparison.get_by_label("Compare with an attempt of").select_option(other)
    await expect(comparison.locator("thead")).to_contain_text("running")


async def test_what_another_policy_or_a_lost_input_would_have_done(
    operator: Page, api: RunningApi
) -> None:
    account_id = await failed_after_success(api)
    await operator.goto(f"/accounts/{account_id}#view=what-if")
    what_if = operator.get_by_role("region", name="What if", exact=True)
    again = what_if.get_by_role("button", name="Decide again")
    await again.click()
    verdict = what_if.locator("[data-verdict]")
    await expect(verdict).to_have_attribute("data-verdict", "SAME")

    await what_if.get_by_label("Drop: The attempt failed").check()
    await again.click()
    await expect(verdict).not_to_have_attribute("data-verdict", "SAME")
    await expect(what_if.locator("tr[data-parts]")).to_contain_text("The attempt failed")

    await what_if.get_by_role("button", name="Take the changes back").click()
    await what_if.get_by_text("Policy", exact=True).click()
    names = await what_if.locator("label[title]").evaluate_all("all => all.map((one) => one.title)")
    assert set(names) == {*Policy.__struct_fields__} - {"health_look_s"}
    await what_if.get_by_label("Codes are renewed for").fill("-1")
    await expect(what_if.get_by_label("Codes are renewed for")).to_have_js_property(
        "validity.valid", value=False
    )
    await what_if.get_by_label("Codes are renewed for").fill("99999999999")
    await again.click()
    await expect(what_if.get_by_role("alert")).to_contain_text("link_window_s")


async def test_redeciding_says_identical_or_where_this_build_parts_from_the_log(
    operator: Page, api: RunningApi
) -> None:
    account_id, attempt = await api.ready_account()
    await operator.goto(f"/accounts/{account_id}")
    await operator.get_by_role("button", name="Redecide").click()
    redecided = operator.get_by_role("region", name="Redecide")
    await expect(redecided.locator("[data-identical=true]")).to_contain_text("as the log says")

    held = await api.services.dispatch.load(account_id)
    given = RecordPage(at=clock.now(), attempt=attempt, phase="page_loaded")
    lost = ConnectionLost(at=clock.now(), attempt=attempt, reason=Reason.PAGE_HUNG)
    await api.services.log.append(
        Append(
            stream=account_id,
            expected_version=held.version,
            input=InputToAppend(command=given, outcome="accepted", origin=BY_HAND),
            events=(lost,),
        )
    )
    head = await api.services.log.head()
    await operator.reload()
    verdict = redecided.locator("[data-identical=false]")
    await expect(verdict).to_contain_text(f"first time at position {head} of the log")
    await expect(redecided.locator("tr[data-parts] td").last).to_contain_text("past_this_phase")
    await redecided.get_by_role("link", name="Show the row").click()
    await expect(operator.locator("tr[aria-current]")).to_have_attribute(
        "data-name", "ConnectionLost"
    )


async def test_the_path_of_an_attempt_is_drawn(operator: Page, api: RunningApi) -> None:
    account_id = await failed_after_success(api)
    await operator.goto(f"/accounts/{account_id}#view=path")
    picture = operator.get_by_role("img", name="The path of Attempt 2")
    await expect(picture).to_be_visible()
    await expect(picture).not_to_have_js_property("naturalWidth", 0)
    await operator.get_by_role("button", name="Before the first attempt").click()
    await expect(operator.get_by_text("These rows are in no attempt.")).to_be_visible()


async def test_what_an_input_that_never_came_would_have_done(
    operator: Page, api: RunningApi
) -> None:
    account_id = await failed_after_success(api)
    await operator.goto(f"/accounts/{account_id}#view=what-if")
    what_if = operator.get_by_role("region", name="What if", exact=True)
    again = what_if.get_by_role("button", name="Decide again")
    verdict = what_if.locator("[data-verdict]")
    await what_if.get_by_role("button", name="Insert an input").click()
    await what_if.get_by_label("What is inserted").select_option("CancelLink")
    last = what_if.get_by_label("Where it is inserted").locator("option").last
    await what_if.get_by_label("Where it is inserted").select_option(
        await last.get_attribute("value")
    )
    await again.click()
    await expect(verdict).to_have_attribute("data-verdict", "DIVERGED")
    await expect(what_if.locator("tr[data-parts]")).to_contain_text("cancelled")

    await what_if.get_by_label("Its fields as JSON").fill("{")
    await again.click()
    await expect(what_if.get_by_role("alert")).to_contain_text("not JSON")
    await what_if.get_by_role("button", name="Take the changes back").click()
    await expect(what_if.get_by_label("What is inserted")).to_have_count(0)
    await again.click()
    await expect(verdict).to_have_attribute("data-verdict", "SAME")
