"""Every hostile address is refused, and by the rule that says what is wrong with it."""

import json
from pathlib import Path

import pytest

from adapters.outgoing.allow_list import AllowList, read_allow_list
from adapters.outgoing.destination import Destination, read_destination
from adapters.outgoing.failures import Refused
from adapters.outgoing.refusals import RULES

ROOT = Path(__file__).parents[2]
CORPUS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "hostile_urls.json").read_text(encoding="utf-8")
)


def test_the_corpus_is_as_large_as_promised_and_knows_every_rule():
    urls = [url for urls in CORPUS.values() for url in urls]
    assert len(set(urls)) == len(urls) >= 150
    assert set(CORPUS) == set(RULES) - {"not_global"}


@pytest.mark.parametrize("rule", CORPUS)
def test_hostile(rule: str):
    assert {url: refusal(url) for url in CORPUS[rule]} == dict.fromkeys(CORPUS[rule], rule)


def refusal(url: str) -> str | None:
    try:
        read_destination(url, AllowList())
    except Refused as refused:
        return refused.rule
    return None


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/"),
        ("HTTPS://Hooks.Example.COM/A?b=%20", "hooks.example.com", 443, "/A?b=%20"),
        ("https://hooks.example.com:8443?a=/b", "hooks.example.com", 8443, "/?a=/b"),
        ("https://xn--bcher-kva.example.com/x", "xn--bcher-kva.example.com", 443, "/x"),
        ("https://127.0.0.1.nip.example.com/", "127.0.0.1.nip.example.com", 443, "/"),
    ],
)
def test_a_public_address_is_read_as_it_is_sent(url: str, host: str, port: int, target: str):
    read = Destination(scheme="https", host=host, port=port, target=target)
    assert read_destination(url, AllowList()) == read


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://1.1.1.1/", "1.1.1.1"),
        ("https://[2606:4700:0::1111]/", "[2606:4700::1111]"),
        ("https://[2606:4700::1111]:8443/", "[2606:4700::1111]:8443"),
        ("https://[64:ff9b::8.8.8.8]/", "[64:ff9b::808:808]"),
    ],
)
def test_a_public_literal_address_is_written_in_one_way(url: str, authority: str):
    assert read_destination(url, AllowList()).authority == authority


def test_listed_hosts_and_networks_are_open_by_http_and_on_any_port():
    allow = read_allow_list("127.0.0.0/8, ::1, Erp.Intern,localhost")
    for url in (
        "http://127.0.0.1:8000/hook",
        "http://[::1]:8000/",
        "http://erp.intern/",
        "https://LOCALHOST:1/",
    ):
        read_destination(url, allow)


@pytest.mark.parametrize(
    ("rule", "url"),
    [
        ("private", "http://10.0.0.1/"),
        ("odd_ipv4", "http://127.1/"),
        ("user_information", "http://a@127.0.0.1/"),
        ("ipv4_mapped", "http://[::ffff:127.0.0.1]/"),
        ("not_https", "http://sub.erp.example.com/"),
        ("trailing_dot", "http://erp.example.com./"),
    ],
)
def test_what_is_not_listed_stays_closed(rule: str, url: str):
    with pytest.raises(Refused) as refused:
        read_destination(url, read_allow_list("127.0.0.0/8,erp.example.com"))
    assert refused.value.rule == rule


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "http://a", "a b", "a:80", "300.1.1.1", "*", "ä"])
def test_a_list_that_cannot_be_used_names_its_entry(entry: str):
    with pytest.raises(ValueError, match="is neither a network such as") as refused:
        read_allow_list(f"127.0.0.1,{entry}")
    assert repr(entry) in str(refused.value)


def test_every_rule_is_on_the_reference_page():
    page = (ROOT / "docs/reference/outgoing-requests.md").read_text(encoding="utf-8")
    for rule, sentence in RULES.items():
        assert f"| `{rule}` | {sentence} |" in page
