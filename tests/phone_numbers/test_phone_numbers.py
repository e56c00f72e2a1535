"""Numbers as people type them become the digits that WhatsApp knows them by."""

import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from adapters.phone_numbers import LONGEST_TYPED, REGIONS, UnreadablePhone, normalise_phone

TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP)
EXAMPLES: list[tuple[str, PhoneNumber]] = [
    (region, number)
    for region in sorted(REGIONS)
    for kind in TYPES
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]


def digits_of(number: PhoneNumber) -> str:
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


@pytest.mark.parametrize(
    "typed",
    [
        "919876543210",  # the seed's own, without a plus
        "+91 98765 43210",
        "919876543210@c.us",
        "919876543210@s.whatsapp.net",
        "+91-98765-43210",
        "(+91) 98765.43210",
        "+91 (0)98765 43210",
        "0091 98765/43210",
        "98765 43210",
        "098765 43210",
        "９１９８７６５４３２１０",  # noqa: RUF001  full-width digits are what is tested
        "٩٨٧٦٥٤٣٢١٠",
        "＋91 98765‑43210",  # noqa: RUF001  as above, and a dash that does not break
        "\u202a+91\u00a098765\u00a043210\u202c\n",  # copied from a contact card
    ],
)
def test_one_indian_number_typed_in_many_ways(typed: str):
    assert normalise_phone(typed, "IN") == "919876543210"


def test_without_a_region_digits_begin_with_a_country_code():
    assert normalise_phone("919876543210", "") == "919876543210"
    assert normalise_phone("65 8123 4567", "") == "6581234567"


def test_where_the_leading_zero_is_always_written_digits_without_it_are_international():
    assert normalise_phone("0151 12345678", "DE") == "4915112345678"
    assert normalise_phone("4915112345678", "DE") == "4915112345678"
    assert normalise_phone("919876543210", "DE") == "919876543210"


def test_digits_that_are_a_number_at_home_are_that_number():
    assert normalise_phone("65812 34567", "IN") == "916581234567"
    assert normalise_phone("+65 8123 4567", "IN") == "6581234567"


@pytest.mark.parametrize(
    ("typed", "region", "rule"),
    [
        ("", "IN", "empty"),
        (" \t\u200e", "IN", "empty"),
        ("1-800-FLOWERS", "US", "letters"),
        ("919876543210@g.us", "IN", "letters"),
        ("09876543210@c.us", "IN", "no_country_code"),
        ("+91 98765 43210 ext. 5", "IN", "extension"),
        ("+91 98765 43210 x5", "IN", "extension"),
        ("+91 98765 43210 #5", "IN", "extension"),
        ("+", "IN", "characters"),
        ("++919876543210", "IN", "characters"),
        ("91+9876543210", "IN", "characters"),
        ("98765 43210, 98765 43211", "IN", "characters"),
        ("+999 1234 5678", "IN", "no_country_code"),
        ("098765 43210", "", "no_country_code"),
        ("12", "IN", "too_short"),
        ("12", "", "too_short"),
        ("+49 1", "", "too_short"),
        ("98765 43210 / 98765 43211", "IN", "too_long"),
        ("98765 43210 / 98765 43211", "", "too_long"),
        ("+65 8123 4567 8901", "", "too_long"),
        ("9" * (LONGEST_TYPED + 1), "IN", "too_long"),
        ("+91 0000 000000", "IN", "no_such_number"),
    ],
)
def test_what_is_not_one_number_is_refused_by_its_rule(typed: str, region: str, rule: str):
    with pytest.raises(UnreadablePhone) as found:
        normalise_phone(typed, region)
    assert found.value.rule == rule
    assert str(found.value).endswith(".")
    assert not re.search(r"\d{3}", typed) or typed not in str(found.value)


def test_every_regions_examples_are_read_in_every_form():
    for region, number in EXAMPLES:
        digits = digits_of(number)
        for form in (
            f"+{digits}",
            f"00{digits}",
            digits,
            phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
            phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
        ):
            assert normalise_phone(form, region) == digits, (region, form)


@settings(max_examples=200, deadline=None)
@given(
    typed=st.sampled_from(EXAMPLES).flatmap(
        lambda example: st.text("0123456789", min_size=0, max_size=3).map(
            lambda end: digits_of(example[1])[: -len(end) or None] + end
        )
    ),
    plus=st.sampled_from(("", "+", "00")),
    region=st.sampled_from(["", *sorted(REGIONS)]),
)
def test_what_was_made_of_a_number_is_made_of_it_again(typed: str, plus: str, region: str):
    try:
        digits = normalise_phone(plus + typed, region)
    except UnreadablePhone:
        return
    assert normalise_phone(digits, "") == digits
    assert normalise_phone(f"+{digits}", region) == digits
    code = phonenumbers.country_code_for_region(region) if region else 0
    if code and digits.startswith(str(code)):
        assert normalise_phone(digits, region) == digits


@settings(max_examples=200, deadline=None)
@given(typed=st.text(max_size=80), region=st.sampled_from(["", "IN", "DE", "US"]))
def test_any_text_is_a_number_or_refused(typed: str, region: str):
    try:
        digits = normalise_phone(typed, region)
    except UnreadablePhone:
        return
    assert digits.isascii()
    assert digits.isdecimal()
    assert len(digits) <= 15
