"""A link that was lost comes back from its kept session, or says honestly that it is gone."""

import httpx

from tests.end_to_end.story import Story
from tests.waiting import wait_until


def lose_the_link(client: httpx.Client, next_scene: str) -> Story:
    """Link, and have another window take it over."""
    story = Story(client, workspace=f"w-{next_scene}")
    story.scene("conflict", after_s=10.0)  # a second, at this installation's scale
    story.link_to_ready()
    story.until("DISCONNECTED")
    assert "LinkCompleted" in story.names()  # a busy machine may look when it is over already
    story.scene(next_scene)
    return story


def test_a_kept_session_reconnects_without_a_scan(client: httpx.Client):
    story = lose_the_link(client, "normal")
    story.post("reconnect")
    assert story.until("READY", "FAILED")["status"] == "READY"
    assert story.names().count("QrScanned") == 1
    client.delete(f"/v1/accounts/{story.id}")


def test_a_page_that_is_synced_before_anybody_listens_still_becomes_ready(client: httpx.Client):
    story = lose_the_link(client, "already_synced")
    story.post("reconnect")
    assert story.until("READY", "FAILED")["status"] == "READY"
    client.delete(f"/v1/accounts/{story.id}")


def test_a_dead_kept_session_goes_back_to_a_code_with_its_reason(client: httpx.Client):
    story = lose_the_link(client, "session_dead")
    story.post("reconnect")
    story.until("WAITING_QR")
    rejected = next(row for row in story.timeline() if row["name"] == "SessionRejected")
    assert rejected["event"]["reason"] in ("session_unreadable", "phone_unlinked")
    story.scan()
    assert story.until("READY", "FAILED")["status"] == "READY"
    client.delete(f"/v1/accounts/{story.id}")


def test_one_number_in_two_accounts_of_a_workspace_belongs_to_the_later(client: httpx.Client):
    older, newer = (Story(client, workspace="w-number") for _ in range(2))
    assert older.link_to_ready()["status"] == "READY"
    wait_until(lambda: older.show()["primary"])
    assert newer.link_to_ready()["status"] == "READY"
    lost = older.until("DISCONNECTED")
    assert lost["reason"]["code"] in ("superseded", "stream_replaced")
    older.until("DISCONNECTED")
    wait_until(lambda: older.show()["reason"]["code"] == "superseded")
    assert newer.show()["status"] == "READY"
    client.delete(f"/v1/accounts/{older.id}")
    wait_until(lambda: newer.show()["primary"])
    client.delete(f"/v1/accounts/{newer.id}")
