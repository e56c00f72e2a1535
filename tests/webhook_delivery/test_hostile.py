"""Receivers that do anything but take what they are told: each is named, and delays no other."""

from domain.status import Status
from tests.outgoing.receivers import Play, answering, flooding, head, receiving, resetting
from tests.waiting import eventually
from tests.webhook_delivery import receiver as polite
from tests.webhook_delivery.parts import Installation, delivering

HOSTILE: dict[str, tuple[Play, str]] = {
    "not_found": (answering(head("404 Not Found", "Content-Length: 0")), "answered_404"),
    "redirect": (
        answering(head("302 Found", "Location: http://169.254.169.254/", "Content-Length: 0")),
        "answered_302",
    ),
    "no_http": (answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "broken_answer"),
    "reset": (resetting(b""), "broken_answer"),
    "endless_head": (flooding(b"HTTP/1.1 200 OK\r\n", b"X-More: more\r\n"), "too_large"),
}


async def test_each_is_named_in_the_delivery_log_and_delays_no_other(here: Installation) -> None:
    await here.account("acc_a")
    found: dict[str, set[str]] = {}
    async with polite.receiving() as good:
        for name, (play, error) in HOSTILE.items():
            async with receiving(play) as bad:
                await here.endpoint(good.url)
                endpoint = await here.endpoint(bad.url)
                before = len(good.accepted)
                async with delivering(here):

                    async def tried() -> bool:
                        here.pace.advance(0.2)  # what has happened is stored ten times a second
                        told = await here.outbox.tries(endpoint.id)  # noqa: B023  awaited at once
                        found[name] = {one.error for one in told}  # noqa: B023
                        return bool(told) and len(good.accepted) >= before + 2  # noqa: B023

                    await eventually(tried)
            await here.endpoints.delete(endpoint.id)
            assert found[name] == {error}
    assert (await here.dispatch.load("acc_a")).account.status is Status.INITIALIZING


async def test_a_flood_that_says_it_took_the_item_is_taken_at_its_word(here: Installation) -> None:
    """And read no further than it takes to keep the connection."""
    await here.account("acc_a")
    async with receiving(
        flooding(head("200 OK", "Content-Length: 1073741824"), b"x" * 65536)
    ) as flood:
        endpoint = await here.endpoint(flood.url)
        async with delivering(here):

            async def delivered() -> bool:
                here.pace.advance(0.2)
                return (await here.standing(endpoint)).delivered >= 2

            await eventually(delivered)
        assert flood.sent_bytes < 64 * 1024 * 1024
