"""https means: a certificate that is trusted, in its time, and made for the host of the address."""

import asyncio
from asyncio import StreamReader, StreamWriter
from pathlib import Path

import pytest

from adapters.outgoing.failures import TlsFailed, TooSlow
from adapters.outgoing.limits import Limits
from tests.outgoing.certificates import certify
from tests.outgoing.receivers import (
    Play,
    Receiver,
    answering_for_ever,
    ok,
    open_files,
    receiving,
    resetting,
    sending,
)
from tests.waiting import settle

PLAY = answering_for_ever(ok())


async def handshake_without_answer(
    receiver: Receiver, reader: StreamReader, _: StreamWriter
) -> None:
    await reader.read(1)
    receiver.busy.set()
    await reader.read()


async def test_a_trusted_certificate_of_the_address(tmp_path: Path):
    certified = certify(tmp_path, "127.0.0.1")
    async with (
        receiving(PLAY, tls=certified.server) as receiver,
        sending(trusting=certified.certificate) as client,
    ):
        for _ in range(2):
            answer = await client.post(receiver.https, headers={}, body=b"{}")
            assert answer.status == 200
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("name", "begins_days", "ends_days", "said"),
    [
        ("127.0.0.2", -1, 1, "IP address mismatch"),
        ("localhost", -1, 1, "IP address mismatch"),
        ("127.0.0.1", -2, -1, "certificate has expired"),
        ("127.0.0.1", 1, 2, "certificate is not yet valid"),
    ],
)
async def test_a_certificate_of_somebody_else_or_of_another_time(
    tmp_path: Path, name: str, begins_days: int, ends_days: int, said: str
):
    certified = certify(tmp_path, name, begins_days=begins_days, ends_days=ends_days)
    async with (
        receiving(PLAY, tls=certified.server) as receiver,
        sending(trusting=certified.certificate) as client,
    ):
        with pytest.raises(TlsFailed, match=said):
            await client.post(receiver.https, headers={}, body=b"{}")
    assert receiver.requests == []


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path):
    certified = certify(tmp_path, "127.0.0.1")
    async with receiving(PLAY, tls=certified.server) as receiver, sending() as client:
        with pytest.raises(TlsFailed, match="self-signed certificate"):
            await client.post(receiver.https, headers={}, body=b"{}")
    assert receiver.requests == []


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x01\0\2\2\x28", b""]
)
async def test_a_receiver_that_speaks_no_tls(first: bytes):
    async with receiving(resetting(first, reads=False)) as receiver, sending() as client:
        with pytest.raises(TlsFailed):
            await client.post(receiver.https, headers={}, body=b"{}")


async def test_a_handshake_that_is_not_answered():
    async with (
        receiving(handshake_without_answer) as receiver,
        sending(limits=Limits(tls_s=0.05)) as client,
    ):
        with pytest.raises(TooSlow) as failed:
            await client.post(receiver.https, headers={}, body=b"{}")
    assert failed.value.phase == "tls"


async def test_a_cancelled_handshake_frees_its_socket():
    async with receiving(handshake_without_answer) as receiver, sending() as client:
        request = asyncio.create_task(client.post(receiver.https, headers={}, body=b""))
        await receiver.busy.wait()
        open_before = open_files()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        await settle()
        assert open_files() < open_before


async def test_a_lost_connection_after_the_handshake_frees_its_socket(tmp_path: Path):
    certified = certify(tmp_path, "127.0.0.1")
    cut: Play = resetting(ok()[:-1])
    async with (
        receiving(cut, tls=certified.server) as receiver,
        sending(trusting=certified.certificate) as client,
    ):
        open_before = open_files()
        answer = await client.post(receiver.https, headers={}, body=b"{}")
        assert answer.body_end == "broken"
        await settle()
        assert open_files() == open_before
