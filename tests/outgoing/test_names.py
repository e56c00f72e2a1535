"""A name is looked up once, all it leads to is checked, and only that is connected to."""

import asyncio
import os
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from adapters.outgoing import idle
from adapters.outgoing.addresses import Address
from adapters.outgoing.failures import DnsFailed, Refused, TlsFailed, TooSlow
from adapters.outgoing.limits import Limits
from adapters.outgoing.resolver import SystemResolver
from tests.outgoing.certificates import Certified, certify
from tests.outgoing.receivers import (
    answering,
    answering_for_ever,
    full_queue,
    ok,
    receiving,
    sending,
)
from tests.waiting import settle

URL = "https://hooks.example.com:8443/"
OTHER_URL = "https://other.example.com:8443/"
MINE = f"127.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
HERE, SILENT = f"{MINE}.77", f"{MINE}.78"
"""Addresses of this process alone, since the port is given. macOS has no other than 127.0.0.1."""
PLAY = answering_for_ever(ok())

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs all of 127.0.0.0/8")


class Answers:
    """A name server that says something else each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str) -> Sequence[Address]:
        self.asked.append(host)
        return [ip_address(address) for address in self._answers.pop(0)]


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return certify(tmp_path, "hooks.example.com")


@only_linux
async def test_a_name_that_moves_inside_after_it_was_checked_is_never_followed(
    certified: Certified,
):
    names = Answers([HERE], ["10.0.0.1"])
    certified.server.sni_callback = lambda _, name, __: seen.append(name)
    seen: list[str | None] = []
    async with (
        receiving(answering(ok(), ok()), HERE, 8443, certified.server) as receiver,
        sending(trusting=certified.certificate, resolve=names.resolve) as client,
    ):
        for _ in range(2):
            answer = await client.post(URL, headers={}, body=b"{}")
            assert (answer.status, answer.address) == (200, HERE)
        assert names.asked == ["hooks.example.com"]
        assert seen == ["hooks.example.com"]
        assert receiver.requests[0][0]["host"] == "hooks.example.com:8443"
        await settle(20)  # the receiver has closed the connection
        with pytest.raises(Refused) as refused:
            await client.post(URL, headers={}, body=b"{}")
    assert refused.value.rule == "private"
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("addresses", "rule"),
    [
        (["1.1.1.1", "10.0.0.1"], "private"),
        (["10.0.0.1", "1.1.1.1"], "private"),
        (["2606:4700::1111", "::1"], "loopback"),
        (["1.1.1.1", "::ffff:1.1.1.1"], "ipv4_mapped"),
        (["169.254.169.254"], "metadata"),
        (["64:ff9b::a9fe:a9fe"], "nat64"),
        (["0.1.2.3"], "this_network"),
        (["fe80::1%lo"], "link_local"),
        ([*[f"1.1.1.{last}" for last in range(200)], "192.168.0.1"], "private"),
    ],
)
async def test_one_address_that_is_not_public_refuses_the_name(addresses: list[str], rule: str):
    async with sending(allow="", resolve=Answers(addresses).resolve) as client:
        with pytest.raises(Refused) as refused:
            await client.post("https://hooks.example.com/", headers={}, body=b"{}")
    assert refused.value.rule == rule
    assert not any(address in str(refused.value) for address in addresses)


@only_linux
async def test_the_next_address_is_tried_where_the_first_does_not_answer(certified: Certified):
    names = Answers(["127.255.255.1", HERE])
    async with (
        receiving(PLAY, HERE, 8443, certified.server),
        sending(trusting=certified.certificate, resolve=names.resolve) as client,
    ):
        assert (await client.post(URL, headers={}, body=b"{}")).address == HERE


@only_linux
async def test_a_silent_address_leaves_time_for_the_next(certified: Certified):
    with full_queue(SILENT, 8443):
        names = Answers([SILENT, HERE])
        limits = Limits(connect_s=0.2)
        async with (
            receiving(PLAY, HERE, 8443, certified.server),
            sending(trusting=certified.certificate, resolve=names.resolve, limits=limits) as client,
        ):
            assert (await client.post(URL, headers={}, body=b"{}")).address == HERE


@only_linux
async def test_two_names_at_one_address_share_no_connection(certified: Certified):
    names = Answers([HERE], [HERE])
    async with (
        receiving(PLAY, HERE, 8443, certified.server) as receiver,
        sending(trusting=certified.certificate, resolve=names.resolve) as client,
    ):
        await client.post(URL, headers={}, body=b"{}")
        with pytest.raises(TlsFailed, match="Hostname mismatch"):
            await client.post(OTHER_URL, headers={}, body=b"{}")
    assert len(receiver.requests) == 1


async def test_a_listed_host_may_lead_inside():
    async with (
        receiving(PLAY) as receiver,
        sending(allow="erp", resolve=Answers(["127.0.0.1"]).resolve) as client,
    ):
        url = f"http://erp:{receiver.port}/"
        assert (await client.post(url, headers={}, body=b"{}")).status == 200


async def test_a_name_without_an_address():
    async with sending(resolve=Answers([]).resolve) as client:
        with pytest.raises(DnsFailed, match=r"hooks\.example\.com has no address"):
            await client.post("https://hooks.example.com/", headers={}, body=b"{}")


async def test_a_name_server_that_does_not_answer():
    async def silence(_: str) -> Sequence[Address]:
        await asyncio.Event().wait()
        return ()

    async with sending(resolve=silence, limits=Limits(dns_s=0.05)) as client:
        with pytest.raises(TooSlow) as failed:
            await client.post("https://hooks.example.com/", headers={}, body=b"{}")
    assert failed.value.phase == "dns"


async def test_the_system_looks_up_a_name_once_for_all_who_ask():
    resolver = SystemResolver()
    try:
        asked = [asyncio.create_task(resolver.resolve("localhost")) for _ in range(3)]
        await settle()
        asked.pop().cancel()
        first, second = await asyncio.gather(*asked)
        assert first is second
        assert ip_address("127.0.0.1") in first
        with pytest.raises(DnsFailed):
            await resolver.resolve("a" * 64 + ".example.com")  # no name server is asked this
    finally:
        resolver.close()


@pytest.mark.parametrize("limit", ["IDLE_S", "MOST_AGE_S", "MOST_IDLE_PER_ORIGIN"])
async def test_connections_wait_neither_long_nor_in_crowds(
    limit: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(idle, limit, 0)
    async with receiving(PLAY) as receiver, sending() as client:
        await client.post(receiver.url, headers={}, body=b"{}")
        await settle()
        await client.post(receiver.url, headers={}, body=b"{}")
    assert receiver.connections == 2


async def test_of_too_many_waiting_connections_the_oldest_goes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(idle, "MOST_IDLE", 1)
    async with receiving(PLAY) as one, receiving(PLAY) as other, sending() as client:
        for receiver in (one, other, other, one):
            await client.post(receiver.url, headers={}, body=b"{}")
    assert (one.connections, other.connections) == (2, 1)
