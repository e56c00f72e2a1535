"""Laws of what is accepted: no other reader understands it differently, and it is public."""

import json
import shutil
import socket
import subprocess
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import product
from subprocess import PIPE
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.outgoing.addresses import NAT64, why_not_public
from adapters.outgoing.allow_list import AllowList
from adapters.outgoing.destination import Destination, read_destination
from adapters.outgoing.failures import Refused

SCHEMES = ("https://", "HTTPS://", "https:", "https:/", "https:///", "http://")
HOSTS = (
    *(
        "hooks.example.com",
        "Hooks.Example.COM",
        "xn--bcher-kva.example",
        "a-b.c3.example",
        "localhost",
    ),
    *("1.1.1.1", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "1.1.1.1.", "1.1"),
    *(
        "[2606:4700::1111]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::1.1.1.1]",
        "[64:ff9b::10.0.0.1]",
    ),
    *("[2606:4700:0:0::1111]", "[2606:4700::1.1.1.1]", "hooks.example.com.", "hooks..example.com"),
)
PIECES = (
    *(
        "",
        *"/\\?#@:%.[]&;,!~*'()+=$_- \t\r\n",
        ":443",
        ":8443",
        ":0443",
        "/hook",
        "?a=b",
        "/..//./",
    ),
    *("%2f", "%40", "%00", "%41", "//", "\u3002", "\uff0f", "\u00ad", "/@127.0.0.1", "?@127.0.0.1"),
)
URLS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(SCHEMES),
        st.sampled_from(PIECES),
        st.sampled_from(HOSTS) | st.ip_addresses().map(str) | st.text(max_size=10),
        st.sampled_from(PIECES),
        st.sampled_from(PIECES),
        st.sampled_from(HOSTS) | st.text(max_size=10),
    ),
)
FOREIGN_READER = """
const urls = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(urls.map((one) => {
  const url = new URL(one);
  return [url.protocol, url.hostname, url.port, url.username + url.password + url.hash];
})));
"""


def accepted(url: str) -> Destination | None:
    try:
        return read_destination(url, AllowList())
    except Refused:
        return None


def numeric(host: str) -> str | None:
    """Return the address that the system would connect to without asking a name server."""
    try:
        return str(socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)[0][4][0])
    except (OSError, UnicodeError):
        return None


@settings(max_examples=300)
@given(URLS)
@example("https://hooks.example.com:8443?/@127.0.0.1")
def test_what_is_accepted_is_read_alike_by_others_and_is_public(url: str):
    destination = accepted(url)
    if destination is None:
        return
    assert (destination.scheme, destination.port in (443, 8443)) == ("https", True)
    split, theirs = urlsplit(url), httpx.URL(url)
    assert split.hostname is not None
    their_host = theirs.raw_host.decode("ascii")
    assert ip_or_name(split.hostname) == ip_or_name(their_host) == destination.host
    assert (split.port or 443) == (theirs.port or 443) == destination.port
    assert (split.username, split.password, split.fragment) == (None, None, "")
    means = numeric(destination.host)
    assert means == (None if destination.address is None else destination.host)
    assert destination.address is None or why_not_public(destination.address) is None


def ip_or_name(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def test_browsers_read_what_is_accepted_alike():
    """By the WHATWG's standard, whose readers forgive most."""
    node = shutil.which("node")
    assert node, "node is missing. It reads addresses by the WHATWG's standard."
    every = map("".join, product(SCHEMES[:1], HOSTS, PIECES, PIECES))
    read = {url: destination for url in every if (destination := accepted(url)) is not None}
    assert len(read) > 500
    theirs = subprocess.run(
        [node, "-e", FOREIGN_READER], input=json.dumps([*read]), stdout=PIPE, text=True, check=True
    ).stdout
    for url, (protocol, host, port, rest) in zip(read, json.loads(theirs), strict=True):
        assert (protocol, rest) == ("https:", ""), url
        assert ip_or_name(host.strip("[]")) == read[url].host, url
        assert int(port or 443) == read[url].port, url


@given(st.ip_addresses(v=4))
def test_no_public_ipv4_address_is_anything_else_to_python(address: IPv4Address):
    if why_not_public(address) is None:
        assert address.is_global
        assert (address.is_multicast, address.is_reserved) == (False, False)
        assert why_not_public(IPv6Address(int(NAT64.network_address) + int(address))) is None
    else:
        for prefix in (NAT64.network_address, IPv6Address("::ffff:0:0"), IPv6Address("::")):
            assert why_not_public(IPv6Address(int(prefix) + int(address))) is not None


@given(st.ip_addresses(v=6))
def test_no_public_ipv6_address_is_anything_else_to_python(address: IPv6Address):
    if why_not_public(address) is None:
        assert address.is_global
        assert (address.is_multicast, address.is_site_local) == (False, False)
        assert address.ipv4_mapped is address.sixtofour is address.teredo is None


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "11.0.0.0", "126.255.255.255", "128.0.0.1", "169.253.0.1", "223.255.255.255"),
        *(
            "172.15.0.1",
            "172.32.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "192.0.1.1",
            "168.63.129.17",
        ),
        *(
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:200::1",
            "2003::1",
            "3ffe::1",
            "64:ff9b::101:101",
        ),
    ],
)
def test_the_neighbours_of_special_ranges_are_public(address: str):
    assert why_not_public(ip_address(address)) is None
