"""Connects to an address that was checked, and to no other."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address

from adapters.outgoing.addresses import Address, why_not_public
from adapters.outgoing.allow_list import AllowList
from adapters.outgoing.connection import Connection
from adapters.outgoing.destination import Destination
from adapters.outgoing.failures import ConnectFailed, DnsFailed, Refused, TlsFailed, TooSlow
from adapters.outgoing.limits import Watch
from adapters.outgoing.resolver import Resolve

MOST_TRIED = 4
"""Of a host's addresses; the first that takes the connection is used."""


class Connector:
    """Looks a host up once, checks every address, and connects to one of just these."""

    def __init__(
        self, allow: AllowList, resolve: Resolve, tls: Callable[[], ssl.SSLContext]
    ) -> None:
        """`tls` is asked by every request that needs it, and by no other."""
        self._allow = allow
        self._resolve = resolve
        self._tls = tls

    async def connect(self, destination: Destination, watch: Watch) -> Connection:
        """Raises Refused, DnsFailed, ConnectFailed, TlsFailed, TooSlow."""
        addresses = await self._checked_addresses(destination, watch)
        opened, address = await _first_that_answers(addresses, destination.port, watch)
        try:
            return await self._encrypt(opened, destination, address, watch)
        except OSError as error:
            raise TlsFailed(_why(error)) from error

    async def _encrypt(
        self, opened: socket.socket, destination: Destination, address: Address, watch: Watch
    ) -> Connection:
        """The certificate must be the host's, whichever address it is at."""
        secure = destination.scheme == "https"
        try:
            async with watch.phase("tls"):
                return await Connection.over(
                    opened,
                    address,
                    watch.limits,
                    tls=self._tls() if secure else None,
                    host=destination.host if secure else None,
                )
        except BaseException:
            opened.close()
            raise

    async def _checked_addresses(self, destination: Destination, watch: Watch) -> Sequence[Address]:
        if destination.address is not None:
            return (destination.address,)
        async with watch.phase("dns"):
            addresses = await self._resolve(destination.host)
        if not addresses:
            raise DnsFailed(f"The name {destination.host} has no address.")
        if not self._allow.names(destination.host):
            self._check_all(addresses)
        return addresses

    def _check_all(self, addresses: Sequence[Address]) -> None:
        """One that is not public refuses all: which one is used is not the host's to choose."""
        for address in addresses:
            rule = why_not_public(address)
            if rule is not None and not self._allow.has(address):
                raise Refused(rule)


async def _first_that_answers(
    addresses: Sequence[Address], port: int, watch: Watch
) -> tuple[socket.socket, Address]:
    """An address that stays silent leaves half of the time to the next ones."""
    each_s = watch.limits.connect_s / 2
    tried = addresses[:MOST_TRIED]
    last: Exception | None = None
    async with watch.phase("connect"):
        for address in tried:
            try:
                async with asyncio.timeout(each_s if address != tried[-1] else None):
                    return await _open(address, port), address
            except OSError as error:
                last = error
    if isinstance(last, TimeoutError):
        raise TooSlow("connect") from last
    raise ConnectFailed("Nobody takes the connection.") from last


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate cannot be trusted: {error.verify_message}."
    return "The two sides do not agree on encryption."


async def _open(address: Address, port: int) -> socket.socket:
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(0)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(opened, (str(address), port))
    except BaseException:
        opened.close()
        raise
    return opened
