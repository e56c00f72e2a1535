"""Asks the system's resolver, in threads that nobody else waits for."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from adapters.outgoing.addresses import Address
from adapters.outgoing.failures import DnsFailed

Resolve = Callable[[str], Awaitable[Sequence[Address]]]
"""All addresses of a host name, in the order to try them; raises DnsFailed."""

THREADS = 16
"""A stranger's slow name server holds one for the 5 to 20 s that the resolver gives it."""


class SystemResolver:
    """Hosts that are being looked up are looked up once, however many ask."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="outgoing-dns")
        self._under_way: dict[str, asyncio.Future[Sequence[Address]]] = {}

    async def resolve(self, host: str) -> Sequence[Address]:
        """Return the addresses of a host name. Raises DnsFailed."""
        asked = self._under_way.get(host)
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = loop.run_in_executor(self._threads, _look_up, host)
            self._under_way[host] = asked
            asked.add_done_callback(lambda done: self._answered(host, done))
        return await asyncio.shield(asked)

    def close(self) -> None:
        """Wait for nobody: a look-up that hangs ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _answered(self, host: str, done: asyncio.Future[Sequence[Address]]) -> None:
        del self._under_way[host]
        if not done.cancelled():
            done.exception()  # whoever asked may have given up; it is not an error of this program


def _look_up(host: str) -> Sequence[Address]:
    try:
        found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DnsFailed(f"The name {host} has no address.") from error
    return tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
