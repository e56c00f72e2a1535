"""A planted text is found in whatever form it is told; what only looks like one is not."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.planted_secrets.canaries import Canaries

Form = Callable[[bytes], bytes]
FORMS: tuple[Form, ...] = (
    bytes,
    base64.b64encode,
    base64.urlsafe_b64encode,
    lambda data: data.hex().encode(),
    lambda data: data.hex().upper().encode(),
    lambda data: data.decode().encode("utf-16-le"),
    lambda data: data.decode().encode("utf-16-be"),
    lambda data: quote(data).encode(),
    lambda data: json.dumps(data.decode()).encode(),
    lambda data: repr(data.decode()).encode(),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_found_in_every_form_wherever_it_begins(form: Form, before: str) -> None:
    canaries = Canaries()
    for kind, text in (("name", canaries.word("name")), ("phone", canaries.phone("phone"))):
        told = form(f"{before}{text} and more".encode())
        assert canaries.found_in(b'{"a":"' + told + b'"}') == {kind: text}


def test_a_pairing_code_is_found_as_it_is_shown() -> None:
    canaries = Canaries()
    code = canaries.code("pairing code")
    for shown in (code, f"{code[:4]}-{code[4:]}"):
        assert canaries.found_in(shown.encode()) == {"pairing code": code}


def test_what_was_not_planted_is_none() -> None:
    other = Canaries()
    looks = [other.word("a"), other.phone("b"), other.code("c"), other.key("d")]
    assert Canaries().found_in(" ".join(looks).encode()) == {}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_shaped_like_nothing_of_ours_is_found_too(form: Form) -> None:
    canaries = Canaries()
    token = canaries.add("key", "7f3a" * 8)
    assert canaries.found_in(b"a" + form(token.encode()) + b"b") == {"key": token}
