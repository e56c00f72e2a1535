"""A receiver copied from the docs takes what Linkwright signs, once, and nothing else."""

import re
from collections.abc import Generator
from datetime import datetime, timedelta

import pytest

from adapters import clock
from adapters.webhook_signatures import new_secret, sign_as_seeds, sign_standard
from tests.outgoing.receivers import sending
from tests.webhook_receivers.running import Running, running

SECRET = new_secret()
BODY = '{"id":12,"event":"session_ready","data":{"label":"Büro"}}'.encode()


@pytest.fixture(scope="module", params=["python", "javascript", "php"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module", params=["standard", "blazz"])
def receiver(
    language: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Running]:
    folder = tmp_path_factory.mktemp(language)
    with running(language, request.param, SECRET, folder) as receiver:
        yield receiver


def signed(
    receiver: Running, body: bytes = BODY, *, at: datetime | None = None, key: str = SECRET
) -> dict[str, str]:
    at = at or clock.now()
    if receiver.profile == "blazz":
        return sign_as_seeds(at, body, key)
    message_id = re.findall(rb'"id":([0-9]+)', body) or [b"none"]
    return sign_standard(f"evt_{message_id[0].decode()}", at, body, [key])


async def status(receiver: Running, headers: dict[str, str], body: bytes = BODY) -> int:
    async with sending() as client:
        answer = await client.post(receiver.url, headers=headers, body=body)
        return answer.status


async def test_a_genuine_message_is_kept_once_however_often_it_comes(receiver: Running):
    assert await status(receiver, signed(receiver)) == 204
    assert receiver.kept() == [BODY]
    told_later = BODY.replace(b"session", b"account")  # what a code's age does to it, say
    later = signed(receiver, told_later, at=clock.now() + timedelta(seconds=1))
    assert await status(receiver, later, told_later) == 204
    assert receiver.kept() == [BODY]


async def test_two_messages_come_over_one_connection(receiver: Running):
    bodies = [b'{"id":1}', b'{"id":2}']
    async with sending() as client:
        for body in bodies:
            answer = await client.post(receiver.url, headers=signed(receiver, body), body=body)
            assert answer.status == 204
    assert set(bodies) < set(receiver.kept())


async def test_nothing_else_is_kept(receiver: Running):
    before = receiver.kept()
    right = signed(receiver, b"{}")
    long_ago = clock.now() - timedelta(seconds=360)
    for headers, body in (
        ({}, b"{}"),
        (right, b"{ }"),
        (right, b""),
        (signed(receiver, b"{}", key=new_secret()), b"{}"),
        (signed(receiver, b"{}", at=long_ago), b"{}"),
        (signed(receiver, b"{}", at=clock.now() + timedelta(seconds=360)), b"{}"),
        *(({**right, name: ""}, b"{}") for name in right),
        *(({**right, name: "1"}, b"{}") for name in right),
    ):
        assert await status(receiver, headers, body) == 401, headers
    assert receiver.kept() == before


async def test_a_message_larger_than_any_of_ours_is_turned_away(receiver: Running):
    body = b"a" * (1024 * 1024 + 1)
    assert await status(receiver, signed(receiver, body), body) == 413


async def test_while_secrets_are_exchanged_one_right_signature_is_enough(receiver: Running):
    body = b'{"id":3}'
    headers = sign_standard("evt_3", clock.now(), body, [new_secret(), SECRET])
    knows_these = receiver.profile == "standard"
    assert await status(receiver, headers, body) == (204 if knows_these else 401)
