"""Official libraries read what we sign, and we read what they sign."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError
from svix.webhooks import Webhook as SvixWebhook

from adapters import clock
from adapters.webhook_signatures import (
    MOST_SIGNATURES,
    TOLERANCE_S,
    RepeatGuard,
    SignatureRefused,
    Signed,
    check_as_seeds,
    check_standard,
    new_secret,
    sign_as_seeds,
    sign_standard,
)

OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
AT = datetime(2026, 3, 1, 12, 0, 0, 700_000, tzinfo=UTC)
BODY = '{"type":"account_ready","data":{"label":"Büro"}}'.encode()


def refused(headers: dict[str, str], body: bytes = BODY, *, after_s: float = 0) -> str:
    with pytest.raises(SignatureRefused) as caught:
        check_standard(headers, body, [OLD, NEW], AT + timedelta(seconds=after_s))
    return caught.value.why


def refused_as_seeds(headers: dict[str, str], body: bytes = BODY, *, after_s: float = 0) -> str:
    with pytest.raises(SignatureRefused) as caught:
        check_as_seeds(headers, body, [OLD], AT + timedelta(seconds=after_s))
    return caught.value.why


@pytest.mark.parametrize("library", [Webhook, SvixWebhook])
@pytest.mark.parametrize("keys", [[NEW], [NEW, OLD], [OLD, NEW]])
def test_the_official_libraries_accept_what_we_sign(
    library: type[Webhook] | type[SvixWebhook], keys: list[str]
):
    headers = sign_standard("evt_1", clock.now(), BODY, keys)
    library(NEW).verify(BODY, headers)


@pytest.mark.parametrize("library", [Webhook, SvixWebhook])
def test_the_official_libraries_refuse_what_others_sign(
    library: type[Webhook] | type[SvixWebhook],
):
    headers = sign_standard("evt_1", clock.now(), BODY, [OLD])
    with pytest.raises(WebhookVerificationError):
        library(NEW).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        library(OLD).verify(BODY + b" ", headers)


@pytest.mark.parametrize("library", [Webhook, SvixWebhook])
def test_we_accept_what_the_official_libraries_sign(library: type[Webhook] | type[SvixWebhook]):
    headers = {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(AT.timestamp())),
        "Webhook-Signature": library(OLD).sign("evt_1", AT, BODY.decode()),
    }
    assert check_standard(headers, BODY, [NEW, OLD], AT) == Signed(
        "evt_1", AT.replace(microsecond=0)
    )


def test_the_headers_are_those_of_the_specification():
    assert sign_standard("evt_1", AT, b"{}", [OLD, NEW]) == {
        "webhook-id": "evt_1",
        "webhook-timestamp": "1772366400",
        "webhook-signature": (
            f"{Webhook(OLD).sign('evt_1', AT, '{}')} {Webhook(NEW).sign('evt_1', AT, '{}')}"
        ),
    }


def test_the_seeds_form_is_what_their_back_end_computes():
    """As PHP's hash_hmac('sha256', '1772366400' . '{}', 'their secret') has it."""
    assert sign_as_seeds(AT, b"{}", "their secret") == {
        "x-timestamp": "1772366400",
        "x-hmac-signature": "c94ac297f8167f98651d21ea5c56c89f23976f2b37778f18d144a9f02b9c1099",
    }


@given(st.text(alphabet="abc_123", min_size=1), st.binary(), st.integers(-TOLERANCE_S, TOLERANCE_S))
def test_what_is_signed_is_accepted_within_five_minutes(message_id: str, body: bytes, after_s: int):
    at = AT.replace(microsecond=0)
    now = at + timedelta(seconds=after_s)
    signed = sign_standard(message_id, at, body, [OLD])
    assert check_standard(signed, body, [OLD], now) == Signed(message_id, at)
    assert check_as_seeds(sign_as_seeds(at, body, OLD), body, [NEW, OLD], now).at == at


@given(st.data())
def test_no_changed_request_is_accepted(data: st.DataObject):
    standard = sign_standard("evt_1", AT, BODY, [OLD])
    seeds = sign_as_seeds(AT, BODY, OLD)
    at = data.draw(st.integers(0, len(BODY) - 1))
    flipped = BODY[:at] + bytes([BODY[at] ^ data.draw(st.integers(1, 255))]) + BODY[at + 1 :]
    assert refused(standard, flipped) == "wrong"
    assert refused_as_seeds(seeds, flipped) == "wrong"


@given(st.text(), st.text(), st.text())
def test_no_headers_break_the_check(message_id: str, timestamp: str, signature: str):
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    refused(dict(zip(names, (message_id, timestamp, signature), strict=True)))
    refused_as_seeds({"x-timestamp": timestamp, "x-hmac-signature": signature})


def test_a_moved_border_between_the_signed_parts_is_refused():
    headers = sign_standard("evt_1", AT, b"1.{}", [OLD])
    moved_id = f"evt_1.{headers['webhook-timestamp']}"
    moved = {**headers, "webhook-id": moved_id, "webhook-timestamp": "1"}
    assert refused(moved, b"{}") == "malformed"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed_and_signed(name: str):
    headers = sign_standard("evt_1", AT, BODY, [OLD])
    assert refused({one: value for one, value in headers.items() if one != name}) == "missing"
    assert refused({**headers, name: ""}) == "missing"
    assert refused({**headers, name: headers[name] + "1"}) in ("wrong", "too_new")


@pytest.mark.parametrize("name", ["x-timestamp", "x-hmac-signature"])
def test_every_header_of_the_seeds_is_needed(name: str):
    headers = sign_as_seeds(AT, BODY, OLD)
    del headers[name]
    assert refused_as_seeds(headers) == "missing"


@pytest.mark.parametrize("timestamp", ["1e9", "-1", " 1", "1.0", "0x1", "1" * 13, "١٢٣", "now"])
def test_a_time_that_is_no_whole_seconds(timestamp: str):
    headers = sign_standard("evt_1", AT, BODY, [OLD])
    why = refused({**headers, "webhook-timestamp": timestamp})
    assert why == ("too_old" if timestamp == " 1" else "malformed")


def test_after_five_minutes_it_is_too_old_and_before_them_too_new():
    standard, seeds = sign_standard("evt_1", AT, BODY, [OLD]), sign_as_seeds(AT, BODY, OLD)
    assert refused(standard, after_s=301) == refused_as_seeds(seeds, after_s=301) == "too_old"
    assert refused(standard, after_s=-302) == refused_as_seeds(seeds, after_s=-302) == "too_new"


def test_signatures_of_other_kinds_are_passed_over_and_too_many_are_not_looked_at():
    headers = sign_standard("evt_1", AT, BODY, [OLD])
    right = headers["webhook-signature"]
    mixed = {**headers, "webhook-signature": f"v1a,AAAA v2,{right[3:]} {right}"}
    assert check_standard(mixed, BODY, [OLD], AT).id == "evt_1"
    assert refused({**headers, "webhook-signature": f"v2,{right[3:]}"}) == "wrong"
    many = " ".join([*["v1,AAAA"] * MOST_SIGNATURES, right])
    assert refused({**headers, "webhook-signature": many}) == "malformed"


def test_a_request_is_let_in_once_while_its_time_counts():
    guard = RepeatGuard()
    signed = Signed("evt_1", AT)
    guard.admit(signed, AT)
    guard.admit(Signed("evt_2", AT), AT)
    guard.admit(Signed("evt_1", AT + timedelta(seconds=1)), AT)  # its sender tried again
    for after_s in (0, 300):
        with pytest.raises(SignatureRefused) as again:
            guard.admit(signed, AT + timedelta(seconds=after_s))
        assert again.value.why == "repeated"


def test_with_a_grace_the_same_may_come_again_for_a_while():
    guard = RepeatGuard(grace_s=60)
    signed = Signed("evt_1", AT)
    for after_s in (0, 1, 59):
        guard.admit(signed, AT + timedelta(seconds=after_s))
    for after_s in (60, 300):
        with pytest.raises(SignatureRefused) as again:
            guard.admit(signed, AT + timedelta(seconds=after_s))
        assert again.value.why == "repeated"


def test_more_than_can_be_remembered_is_refused_until_some_can_be_forgotten():
    guard = RepeatGuard(most=2)
    guard.admit(Signed("evt_1", AT), AT)
    guard.admit(Signed("evt_2", AT + timedelta(seconds=60)), AT)
    late = AT + timedelta(seconds=301)
    with pytest.raises(SignatureRefused) as full:
        guard.admit(Signed("evt_3", AT), AT)
    assert full.value.why == "too_many"
    guard.admit(Signed("evt_3", late), late)
    with pytest.raises(SignatureRefused):
        guard.admit(Signed("evt_2", AT + timedelta(seconds=60)), late)


@pytest.mark.parametrize(
    "key", ["", "whsec_", "whsec_AAAA", "whsec_" + "A" * 100, "whsec_ä", "plain"]
)
def test_a_key_that_is_none_signs_nothing(key: str):
    with pytest.raises(ValueError, match=r"^a secret "):
        sign_standard("evt_1", AT, BODY, [key])


def test_secrets_are_of_the_libraries_form_and_never_the_same():
    first, second = new_secret(), new_secret()
    assert first != second
    Webhook(first).verify(BODY, sign_standard("evt_1", clock.now(), BODY, [first]))
