"""The twelve failed scans of seed qr-scan-failure-flow, rebuilt: none of them can happen here.

There, a status column under a unique constraint, a session object that was sometimes a string,
and callbacks that had to arrive for the status to be true made 12 of 12 scans fail. Each test says
which of the twelve it is, and why it is impossible now or how it recovers.
"""

import httpx
import psycopg

from tests.end_to_end.installation import Installation
from tests.end_to_end.story import PHONE, Story
from tests.waiting import wait_until


def destroy(client: httpx.Client, *stories: Story) -> None:
    for story in stories:
        client.delete(f"/v1/accounts/{story.id}")


# 1 to 6: "Duplicate entry '62811801641-1-qr_scanning'". A number is no column of a row that waits
# for a scan: it is known only once a phone has answered, and then the claim to it moves.


def test_1_an_old_account_left_waiting_does_not_block_a_new_one(client: httpx.Client):
    left_waiting, new = (Story(client, workspace="seed-1") for _ in range(2))
    assert left_waiting.link()["status"] == "WAITING_QR"
    assert new.link_to_ready()["status"] == "READY"
    assert left_waiting.show()["status"] == "WAITING_QR"
    destroy(client, left_waiting, new)


def test_2_the_same_account_scans_again_after_its_codes_expired(client: httpx.Client):
    story = Story(client, workspace="seed-2", policy={"link_window_s": 3.0})
    story.link()
    assert story.until("FAILED")["reason"]["code"] == "qr_not_fetched"
    assert story.link_to_ready("retry")["status"] == "READY"
    destroy(client, story)


def test_3_two_accounts_that_wait_at_the_same_time_may_be_scanned_by_one_phone(
    client: httpx.Client,
):
    first, second = (Story(client, workspace="seed-3") for _ in range(2))
    first.link()
    second.link()
    first.scan()
    assert first.until("READY", "FAILED")["status"] == "READY"
    second.scan()
    assert second.until("READY", "FAILED")["status"] == "READY"
    wait_until(lambda: first.show()["status"] == "DISCONNECTED")
    statuses = sorted(story.show()["status"] for story in (first, second))
    assert statuses == ["DISCONNECTED", "READY"]  # never two rows that both say connected
    destroy(client, first, second)


def test_4_the_number_of_a_destroyed_account_is_free(client: httpx.Client):
    old, new = (Story(client, workspace="seed-4") for _ in range(2))
    assert old.link_to_ready()["status"] == "READY"
    destroy(client, old)
    assert new.link_to_ready()["status"] == "READY"
    destroy(client, new)


def test_5_the_number_of_a_lost_account_may_be_linked_by_another(client: httpx.Client):
    lost, new = (Story(client, workspace="seed-5") for _ in range(2))
    lost.scene("conflict", after_s=5.0)
    assert lost.link()["status"] == "WAITING_QR"
    lost.scan()
    lost.until("DISCONNECTED", "FAILED")
    assert new.link_to_ready()["status"] == "READY"
    destroy(client, lost, new)


def test_6_one_number_in_two_workspaces_is_two_links(client: httpx.Client):
    here, there = Story(client, workspace="seed-6a"), Story(client, workspace="seed-6b")
    assert here.link_to_ready()["status"] == "READY"
    assert there.link_to_ready()["status"] == "READY"
    assert "AccountSuperseded" not in here.names()
    destroy(client, here, there)


# 7 to 9: "authStrategy.setup is not a function". What an attempt needs is checked where it enters;
# a session that cannot be used goes back to a code.


def test_7_a_missing_parameter_is_named_before_anything_starts(client: httpx.Client):
    story = Story(client, workspace="seed-7")
    answer = client.post(f"/v1/accounts/{story.id}/link", json={"method": "pairing_code"})
    assert answer.status_code in (409, 422)
    assert "phone" in answer.json()["detail"]
    assert story.show()["status"] == "NOT_CREATED"
    unknown = client.post("/v1/accounts/acc_unknown/link", json={})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not_registered")


def test_8_a_wrong_parameter_is_named_before_anything_starts(client: httpx.Client):
    story = Story(client, workspace="seed-8")
    answer = client.post(f"/v1/accounts/{story.id}/link", json={"method": "localauth"})
    assert answer.status_code == 422
    assert "method" in answer.text
    assert story.show()["status"] == "NOT_CREATED"


def test_9_a_kept_session_that_cannot_be_read_goes_back_to_a_code(
    client: httpx.Client, installation: Installation
):
    story = Story(client, workspace="seed-9")
    story.scene("conflict", after_s=20.0)
    story.link_to_ready()
    story.until("DISCONNECTED")
    assert "LinkCompleted" in story.names()  # a busy machine may look when it is over already
    profile = installation.data / "profiles" / story.id
    # A browser that is still ending seals its session once more.
    wait_until(lambda: not any(str(profile) in process for process in installation.leftovers()))
    wait_until(lambda: not (profile / "browser").exists())
    with psycopg.connect(installation.database()) as connection:
        spoilt = connection.execute(
            "update session_copies set sealed = 'not a session' where account_id = %s", [story.id]
        )
        assert spoilt.rowcount == 1
    assert story.link(wait_s=30)["status"] == "WAITING_QR", story.told()
    rejected = next(row for row in story.timeline() if row["name"] == "SessionRejected")
    assert rejected["event"]["reason"] == "session_unreadable"
    story.scan()
    assert story.until("READY", "FAILED")["status"] == "READY"
    destroy(client, story)


# 10 to 12: a webhook that met 404, 429 and a time-out. A status is a fold of the log; nobody has to
# receive anything for it to be true.


def test_10_a_disconnection_needs_no_callback_to_be_known(client: httpx.Client):
    story = Story(client, workspace="seed-10")
    assert story.link_to_ready()["status"] == "READY"
    story.phone("logout")
    assert story.until("DISCONNECTED")["reason"]["code"] == "phone_unlinked"
    assert story.link_to_ready()["status"] == "READY"
    destroy(client, story)


def test_11_an_eager_front_end_does_not_stop_the_scan(client: httpx.Client):
    story = Story(client, workspace="seed-11")
    story.link()
    answers = {client.get(f"/v1/accounts/{story.id}/qr.png").status_code for _ in range(60)}
    assert answers <= {200, 410}
    assert story.names().count("QrFetched") <= story.names().count("QrIssued")
    story.scan()
    assert story.until("READY", "FAILED")["status"] == "READY"
    destroy(client, story)


def test_12_a_reader_that_hangs_holds_nobody_up(client: httpx.Client):
    story = Story(client, workspace="seed-12")
    with client.stream("GET", "/v1/feed", params={"account": story.id}) as hanging:
        assert hanging.status_code == 200
        story.link()
        story.scan(PHONE)
        assert story.until("READY", "FAILED")["status"] == "READY"
    destroy(client, story)
