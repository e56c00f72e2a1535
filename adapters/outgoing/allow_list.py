"""What the operator opens: hosts and networks that are not public, or are not reached by https."""

from ipaddress import ip_address, ip_network
from typing import Any

import msgspec

from adapters.outgoing.addresses import Address, Network


class AllowList(msgspec.Struct, frozen=True):
    """A listed host may lead anywhere. Any port and plain http are open to what is listed."""

    networks: tuple[Any, ...] = ()  # of Network: msgspec takes no union of two classes
    hosts: frozenset[str] = frozenset()

    def names(self, host: str) -> bool:
        """Whether the host of an address, a name or a literal address, is listed itself."""
        if host in self.hosts:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return self.has(address)

    def has(self, address: Address) -> bool:
        """Whether the address is in a listed network."""
        return any(
            address.version == network.version and address in network for network in self.networks
        )


def read_allow_list(text: str) -> AllowList:
    """Read networks and host names, divided by commas; ValueError names the entry that is none."""
    networks: list[Network] = []
    hosts: list[str] = []
    for entry in filter(None, (part.strip().lower() for part in text.split(","))):
        try:
            networks.append(ip_network(entry))
        except ValueError:
            if not _is_name(entry):
                message = f"{entry!r} is neither a network such as 10.0.0.0/8 nor a host name"
                raise ValueError(message) from None
            hosts.append(entry)
    return AllowList(networks=tuple(networks), hosts=frozenset(hosts))


def _is_name(entry: str) -> bool:
    return not entry[-1].isdecimal() and all(
        label.replace("-", "").isalnum() and label.isascii() for label in entry.split(".")
    )
