"""Whether an address is one of the public Internet.

`ipaddress.is_global` alone is not enough: it calls multicast global, it differs between Python's
versions, and it knows neither what an IPv6 address may carry inside nor a cloud's own addresses.
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)

from adapters.outgoing.refusals import Rule

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

GLOBAL_IPV6 = IPv6Network("2000::/3")
"""All that IANA hands out to be routed (ipv6-address-space); the rest is refused unseen."""
NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052. On a network with IPv6 only, public IPv4 hosts are reached through it."""

# IANA's special-purpose registries (RFC 6890), the first that matches names the rule. The metadata
# addresses that lie in no range of these: Azure's wire server, a public address of its own.
_SPECIAL: tuple[tuple[str, Rule], ...] = (
    ("169.254.169.254/32", "metadata"),
    ("169.254.170.2/32", "metadata"),
    ("100.100.100.200/32", "metadata"),
    ("168.63.129.16/32", "metadata"),
    ("192.0.0.192/32", "metadata"),
    ("0.0.0.0/8", "this_network"),
    ("127.0.0.0/8", "loopback"),
    ("10.0.0.0/8", "private"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
    ("100.64.0.0/10", "shared_address_space"),
    ("169.254.0.0/16", "link_local"),
    ("192.0.0.0/24", "reserved"),
    ("192.88.99.0/24", "six_to_four"),
    ("192.0.2.0/24", "documentation"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("198.18.0.0/15", "benchmarking"),
    ("224.0.0.0/4", "multicast"),
    ("255.255.255.255/32", "broadcast"),
    ("240.0.0.0/4", "reserved"),
    ("fd00:ec2::254/128", "metadata"),
    ("fd20:ce::254/128", "metadata"),
    ("::/128", "this_network"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "ipv4_mapped"),
    ("::ffff:0:0:0/96", "ipv4_mapped"),
    ("::/96", "ipv4_mapped"),
    ("64:ff9b:1::/48", "nat64"),
    ("2001::/32", "teredo"),
    ("2001:2::/48", "benchmarking"),
    ("2001:db8::/32", "documentation"),
    ("3fff::/20", "documentation"),
    ("2001::/23", "reserved"),
    ("2002::/16", "six_to_four"),
    ("fc00::/7", "unique_local"),
    ("fe80::/10", "link_local"),
    ("fec0::/10", "site_local"),
    ("ff00::/8", "multicast"),
)
_NETWORKS: tuple[tuple[Network, Rule], ...] = tuple(
    (ip_network(network), rule) for network, rule in _SPECIAL
)


def why_not_public(address: Address) -> Rule | None:
    """Return the rule that refuses the address, or None where it is a public one."""
    if isinstance(address, IPv6Address) and address in NAT64:
        return None if why_not_public(IPv4Address(int(address) & 0xFFFF_FFFF)) is None else "nat64"
    for network, rule in _NETWORKS:
        if address.version == network.version and address in network:
            return rule
    if isinstance(address, IPv6Address) and address not in GLOBAL_IPV6:
        return "reserved"
    return None if address.is_global else "not_global"
