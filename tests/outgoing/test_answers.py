"""What a receiver answers is an answer, whatever it is; what it may do to us is bounded."""

import gzip
from asyncio import StreamReader, StreamWriter

import pytest

from adapters.outgoing.client import OutgoingClient
from adapters.outgoing.connection import Answer
from adapters.outgoing.failures import BrokenAnswer
from adapters.outgoing.limits import Limits
from tests.outgoing.receivers import (
    Play,
    Receiver,
    answering,
    answering_for_ever,
    beginning,
    flooding,
    head,
    ok,
    receiving,
    resetting,
    sending,
)
from tests.waiting import settle

HEADERS = {"webhook-id": "msg_1", "content-type": "application/json"}
BODY = b'{"type":"account_ready"}'
SHORT = Limits(body_s=0.05)


async def post(client: OutgoingClient, receiver: Receiver) -> Answer:
    return await client.post(receiver.url, headers=HEADERS, body=BODY)


async def answer_of(play: Play, limits: Limits | None = None) -> tuple[Answer, Receiver]:
    client = sending(limits=limits)
    async with receiving(play) as receiver, client:
        return await post(client, receiver), receiver


async def test_the_request_is_what_was_asked_for_and_nothing_else():
    answer, receiver = await answer_of(answering_for_ever(ok(b"thanks")))
    assert (answer.status, answer.text, answer.body_end) == (200, "thanks", "complete")
    assert answer.address == "127.0.0.1"
    assert receiver.requests == [
        (
            {
                "request": "POST /hook?a=%20b HTTP/1.1",
                "host": f"127.0.0.1:{receiver.port}",
                "content-length": str(len(BODY)),
                "accept-encoding": "identity",
                **HEADERS,
            },
            BODY,
        )
    ]


@pytest.mark.parametrize("status", ["204 No Content", "404 Not Found", "410 Gone", "500 X", "599 "])
async def test_any_status_is_an_answer(status: str):
    answer, _ = await answer_of(answering_for_ever(head(status, "Content-Length: 0")))
    assert str(answer.status) == status[:3]


async def test_what_the_answer_asks_of_the_sender_is_kept():
    throttled = head(
        "429 Too Many Requests", "Retry-After: 120", "retry-after: 1", "content-length: 0"
    )
    answer, _ = await answer_of(answering_for_ever(throttled))
    assert answer.headers["retry-after"] == "120"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
async def test_a_redirect_is_an_answer_and_is_not_followed(status: str):
    async with receiving(answering_for_ever(ok())) as inside:
        to = f"Location: http://127.0.0.1:{inside.port}/latest/meta-data/"
        answer, _ = await answer_of(answering_for_ever(head(status, to, "Content-Length: 0")))
    assert str(answer.status) == status[:3]
    assert inside.connections == 0


async def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    answer, _ = await answer_of(answering_for_ever(ok()))
    assert answer.status == 200


async def test_connections_are_used_again_and_cookies_are_not():
    play = answering_for_ever(ok(b"", "Set-Cookie: a=b"))
    async with receiving(play) as receiver, sending() as client:
        for _ in range(3):
            await post(client, receiver)
    assert receiver.connections == 1
    assert len(receiver.requests) == 3
    assert not any("cookie" in headers for headers, _ in receiver.requests)


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"", "Connection: close"),
        ok().replace(b"HTTP/1.1", b"HTTP/1.0"),
        head("200 OK") + b"until the end",
        ok() + b"more than was announced",
    ],
)
async def test_a_connection_that_has_ended_or_is_out_of_step_is_not_used_again(answer: bytes):
    play = answering(answer)
    async with receiving(play) as receiver, sending() as client:
        await post(client, receiver)
        await post(client, receiver)
    assert receiver.connections == 2


async def test_a_farewell_on_a_waiting_connection_is_no_answer_to_the_next_request():
    async def play(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
        await answering(ok())(receiver, reader, writer)
        await settle()
        writer.write(head("408 Request Timeout", "Content-Length: 0"))
        await beginning(ok())(receiver, reader, writer)

    async with receiving(play) as receiver, sending() as client:
        assert (await post(client, receiver)).status == 200
        await settle(20)
        assert (await post(client, receiver)).status == 200
    assert receiver.connections == 2


async def test_a_connection_closed_while_it_waited_costs_no_delivery():
    async with receiving(answering(ok())) as receiver, sending() as client:
        await post(client, receiver)  # the receiver closes after it
        await settle(20)
        assert (await post(client, receiver)).status == 200


async def test_a_connection_that_breaks_under_the_second_request_is_replaced_once():
    async def play(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
        await answering(ok())(receiver, reader, writer)
        await receiver.request(reader)  # and closes without an answer

    async with receiving(play) as receiver, sending() as client:
        await post(client, receiver)
        assert (await post(client, receiver)).status == 200
        assert receiver.connections == 2
        await post(client, receiver)
    assert receiver.connections == 3


async def test_an_answer_before_the_request_is_read_counts():
    async def play(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
        await receiver.send(writer, ok(b"too much", "Connection: close"))
        await reader.read(1)  # a close with nothing read at all would take the answer with it

    client = sending()
    async with receiving(play) as receiver, client:
        answer = await client.post(receiver.url, headers={}, body=b"x" * 100_000)
    assert answer.text == "too much"


async def test_of_a_huge_body_the_first_bytes_are_kept_and_the_rest_is_not_read():
    limits = Limits()
    answer, _ = await answer_of(flooding(head("200 OK"), b"a" * 10_000))
    assert (answer.status, answer.body_end) == (200, "too_large")
    assert answer.body == b"a" * limits.kept_bytes
    assert limits.body_bytes < answer.read_bytes <= limits.body_bytes + 16 * 1024


async def test_a_huge_chunk_is_not_waited_for():
    chunked = head("200 OK", "Transfer-Encoding: chunked") + b"7fffffff\r\n"
    answer, _ = await answer_of(flooding(chunked, b"a" * 10_000))
    assert (answer.body_end, len(answer.body)) == ("too_large", Limits().kept_bytes)


@pytest.mark.parametrize(
    ("again", "end"), [(b"1;" + b"a" * 70_000, "broken"), (b"1\r\na\r\n" * 1000, "too_large")]
)
async def test_chunks_without_end(again: bytes, end: str):
    answer, _ = await answer_of(flooding(head("200 OK", "Transfer-Encoding: chunked"), again))
    assert (answer.status, answer.body_end) == (200, end)
    assert answer.read_bytes <= Limits().body_bytes + 16 * 1024


async def test_a_body_that_drips_is_cut_off_and_the_status_stands():
    slow = beginning(head("202 Accepted", "Content-Length: 100") + b"dri")
    answer, _ = await answer_of(slow, SHORT)
    assert (answer.status, answer.body, answer.body_end) == (202, b"dri", "too_slow")


@pytest.mark.parametrize(
    "answer",
    [
        head("200 OK", "Content-Length: 100") + b"part",
        head("200 OK", "Transfer-Encoding: chunked") + b"4\r\npart\r\nzz\r\n",
    ],
)
async def test_a_body_that_breaks_off_leaves_the_status(answer: bytes):
    found, _ = await answer_of(resetting(answer))
    assert (found.status, found.body, found.body_end) == (200, b"part", "broken")


@pytest.mark.parametrize("coding", ["gzip", "br", "GZIP", "identity, gzip"])
async def test_what_is_packed_stays_packed(coding: str):
    bomb = gzip.compress(b"\0" * 10_000_000)
    assert len(bomb) < 10_000
    answer, _ = await answer_of(answering_for_ever(ok(bomb, f"Content-Encoding: {coding}")))
    assert answer.body == bomb[: Limits().kept_bytes]
    assert answer.text == ""


async def test_the_text_for_people_has_no_control_characters_and_breaks_nothing():
    body = "a\0\x1b[2J\r\n\u202eé".encode() + b"\xff\xfe\xc3"
    answer, _ = await answer_of(answering_for_ever(ok(body)))
    bad = "\ufffd"
    assert answer.text == f"a{bad}{bad}[2J{bad}\n{bad}é{bad}{bad}{bad}"


async def test_interim_answers_are_passed_over_but_not_without_end():
    interim = head("103 Early Hints", "Link: </a>")
    answer, _ = await answer_of(answering_for_ever(interim * 3 + ok()))
    assert answer.status == 200
    with pytest.raises(BrokenAnswer, match="interim answers without end"):
        await answer_of(flooding(interim, interim))
