"""Whatever a receiver does instead of answering has a name, and nothing of it stays behind."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from typing import cast

import pytest

from adapters.outgoing.connection import Answer
from adapters.outgoing.failures import (
    BrokenAnswer,
    ConnectFailed,
    OutgoingFailed,
    Refused,
    TooLarge,
    TooSlow,
)
from adapters.outgoing.limits import Limits
from tests.outgoing.receivers import (
    Play,
    Receiver,
    beginning,
    flooding,
    full_queue,
    head,
    open_files,
    receiving,
    resetting,
    sending,
)
from tests.waiting import let_pass, settle

HURRIED = Limits(connect_s=0.05, send_s=0.05, answer_s=0.05, body_s=0.05)


async def failure_of(
    play: Play, limits: Limits | None = None, body: bytes = b"{}"
) -> OutgoingFailed:
    async with receiving(play) as receiver, sending(limits=limits) as client:
        with pytest.raises(OutgoingFailed) as failed:
            await client.post(receiver.url, headers={}, body=body)
        assert receiver.connections == 1
    return failed.value


async def silence(receiver: Receiver, reader: StreamReader, _: StreamWriter) -> None:
    """Take the request, say nothing."""
    await receiver.request(reader)
    receiver.busy.set()
    await reader.read()


async def deafness(receiver: Receiver, _: StreamReader, writer: StreamWriter) -> None:
    """Do not even read the request."""
    cast("asyncio.ReadTransport", writer.transport).pause_reading()
    receiver.busy.set()
    await asyncio.Event().wait()


async def dripping(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
    """Always send something, never come to an end."""
    await receiver.request(reader)
    await receiver.send(writer, b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        await receiver.send(writer, b"a")
        await let_pass(0.01)


@pytest.mark.parametrize("play", [silence, dripping, beginning(b"HTTP/1.1 200 OK\r\nX:")])
async def test_a_head_that_does_not_come_is_too_slow(play: Play):
    failure = await failure_of(play, HURRIED)
    assert isinstance(failure, TooSlow)
    assert failure.phase == "answer"


async def test_all_phases_together_have_a_limit_too():
    failure = await failure_of(silence, Limits(total_s=0.05))
    assert isinstance(failure, TooSlow)


@pytest.mark.parametrize(
    ("begun", "again"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 10),
        (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"a" * 1000),
        (b"HTTP/1.1 200 ", b"a" * 1000),
        (b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n", b" a\r\n" * 100),
    ],
)
async def test_a_head_without_end_is_too_large(begun: bytes, again: bytes):
    assert isinstance(await failure_of(flooding(begun, again)), TooLarge)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\0" * 100,
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"220 mail.example.com ESMTP\r\n\r\n",
        b"-ERR unknown command\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n",
        b"<html>no head</html>\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: sponge\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
async def test_garbage_is_a_broken_answer(garbage: bytes):
    assert isinstance(await failure_of(beginning(garbage)), BrokenAnswer)


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\nX: y\r\n"])
async def test_a_connection_lost_before_the_head_is_a_broken_answer(after: bytes):
    assert isinstance(await failure_of(resetting(after)), BrokenAnswer)


async def test_a_connection_lost_before_the_request_is_read_is_a_broken_answer():
    failure = await failure_of(resetting(b"", reads=False), body=b"x" * 5_000_000)
    assert isinstance(failure, BrokenAnswer)


async def test_a_receiver_that_does_not_read_is_too_slow():
    failure = await failure_of(deafness, HURRIED, body=b"x" * 20_000_000)
    assert isinstance(failure, TooSlow)
    assert failure.phase == "send"


async def test_a_closed_port():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        async with sending() as client:
            with pytest.raises(ConnectFailed):
                await client.post(_url(silent), headers={}, body=b"")


async def test_a_port_where_nobody_takes_the_connection():
    with full_queue() as listener:
        async with sending(limits=HURRIED) as client:
            with pytest.raises(TooSlow) as failed:
                await client.post(_url(listener), headers={}, body=b"")
    assert failed.value.phase == "connect"


async def test_a_refused_address_is_not_even_connected_to():
    async with receiving(silence) as receiver, sending(allow="") as client:
        with pytest.raises(Refused) as refused:
            await client.post(receiver.url, headers={}, body=b"")
    assert (refused.value.rule, receiver.connections) == ("loopback", 0)


@pytest.mark.parametrize(
    ("play", "body"),
    [
        (deafness, b"x" * 20_000_000),
        (silence, b""),
        (beginning(b"HTTP/1.1 200"), b""),
        (beginning(head("200 OK", "Content-Length: 2") + b"a"), b""),
    ],
    ids=["send", "answer", "head", "body"],
)
async def test_a_cancelled_request_frees_its_socket(play: Play, body: bytes):
    async with receiving(play) as receiver, sending() as client:
        request = asyncio.create_task(client.post(receiver.url, headers={}, body=body))
        await receiver.busy.wait()
        open_before = open_files()
        await cancel(request)
        assert open_files() < open_before


async def test_a_cancelled_connect_frees_its_socket():
    with full_queue() as listener:
        async with sending() as client:
            open_before = open_files()
            request = asyncio.create_task(client.post(_url(listener), headers={}, body=b""))
            await settle()
            assert open_files() == open_before + 1
            await cancel(request)
            assert open_files() == open_before


async def cancel(request: asyncio.Task[Answer]) -> None:
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await settle()


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"
