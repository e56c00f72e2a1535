"""Reads a stranger's address strictly: what two readers could understand differently is refused."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal

import msgspec

from adapters.outgoing.addresses import Address, why_not_public
from adapters.outgoing.allow_list import AllowList
from adapters.outgoing.failures import Refused

Scheme = Literal["https", "http"]

LONGEST = 2048
OPEN_PORTS = (443, 8443)
_MOST_PORT = 65_535
_LONGEST_NAME = 253
_DEFAULT_PORTS: dict[Scheme, int] = {"https": 443, "http": 80}
# RFC 6761, 6762, 7686, 8375, 9476 and ICANN's .internal; localdomain is what many machines call
# themselves.
_SPECIAL_NAMES = (
    "localhost", "local", "localdomain", "internal", "invalid", "onion", "alt", "arpa",
)  # fmt: skip

_URL_CHARACTERS = re.compile(r"[!$-;=?-\[\]_a-z~#]*\Z")  # RFC 3986, ASCII only
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")


class Destination(msgspec.Struct, frozen=True):
    """Where a request goes, as it will be sent."""

    scheme: Scheme
    host: str
    """In lower case; an address without brackets."""
    port: int
    target: str
    """Path and query, exactly as they were written."""
    address: Address | None = None
    """Where the host is an address itself."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a connection may be used for again."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read_destination(url: str, allow: AllowList) -> Destination:
    """Read an address. Refused names the rule that it breaks; no name is looked up here."""
    _check_characters(url)
    scheme, rest = _scheme(url)
    authority, target = _split(rest)
    host, port = _host_and_port(authority)
    address = _literal(host)
    host = _name(host.lower()) if address is None else str(address)
    destination = Destination(
        scheme=scheme,
        host=host,
        port=_DEFAULT_PORTS[scheme] if port is None else port,
        target=_target(target),
        address=address,
    )
    if not allow.names(host):
        _check_public(destination)
    return destination


def _check_characters(url: str) -> None:
    if len(url) > LONGEST:
        raise Refused("too_long")
    if not url.isascii():
        raise Refused("not_ascii")
    if not _URL_CHARACTERS.match(url):
        raise Refused("character")


def _scheme(url: str) -> tuple[Scheme, str]:
    found = _SCHEME.match(url)
    scheme = found[1].lower() if found else ""
    if found is None or scheme not in _DEFAULT_PORTS:
        raise Refused("scheme")
    rest = url[found.end() :]
    if not rest.startswith("//") or rest.startswith("///"):
        raise Refused("slashes")
    return scheme, rest[2:]


def _split(rest: str) -> tuple[str, str]:
    if "#" in rest:
        raise Refused("fragment")
    ends = [at for at in (rest.find("/"), rest.find("?")) if at >= 0]
    end = min(ends, default=len(rest))
    return rest[:end], rest[end:]


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise Refused("user_information")
    if "%" in authority:
        raise Refused("percent_in_host")
    bracket = authority.find("]")
    colon = authority.find(":", bracket + 1)
    host, port = (authority, None) if colon < 0 else (authority[:colon], authority[colon + 1 :])
    if not host:
        raise Refused("host_missing")
    if port is None:
        return host, None
    if not _PORT.match(port) or int(port) > _MOST_PORT:
        raise Refused("port")
    return host, int(port)


def _literal(host: str) -> Address | None:
    """Read a host that is an address; every other way of writing one is refused."""
    if "[" in host or "]" in host:
        try:
            if not (host.startswith("[") and host.endswith("]")):
                raise Refused("ipv6_literal")
            return IPv6Address(host[1:-1])
        except AddressValueError:
            raise Refused("ipv6_literal") from None
    if not _NUMBER.match(host.rstrip(".").rpartition(".")[2].lower()):
        return None
    try:
        return IPv4Address(host)
    except AddressValueError:
        raise Refused("odd_ipv4") from None


def _name(host: str) -> str:
    if host.endswith("."):
        raise Refused("trailing_dot")
    if len(host) > _LONGEST_NAME or not all(map(_LABEL.match, host.split("."))):
        raise Refused("host_name")
    return host


def _target(target: str) -> str:
    if _BROKEN_PERCENT.search(target):
        raise Refused("percent_encoding")
    if _ENCODED_CONTROL.search(target):
        raise Refused("encoded_control")
    return target if target.startswith("/") else f"/{target}"


def _check_public(destination: Destination) -> None:
    """What the operator has not listed is reached by https, on its ports, under a public name."""
    if destination.address is None:
        labels = destination.host.split(".")
        if labels[-1] in _SPECIAL_NAMES:
            raise Refused("special_name")
        if len(labels) == 1:
            raise Refused("single_label")
    elif rule := why_not_public(destination.address):
        raise Refused(rule)
    if destination.scheme != "https":
        raise Refused("not_https")
    if destination.port not in OPEN_PORTS:
        raise Refused("port_not_open")
