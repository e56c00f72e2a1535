"""Phone numbers as people type them, made into digits with the country code.

A number with + or 00 says its country. Without, it is one of the default region if it can be
one, written as that country writes its numbers; otherwise its digits begin with a country code.
Without a default region they always do, so the digits we give, read again that way, stay the same.
See docs/reference/phone-numbers.md.
"""

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberMatcher, ValidationResult

REGIONS = phonenumbers.SUPPORTED_REGIONS
"""Regions as ISO 3166-1 alpha-2, such as IN."""
LONGEST_TYPED = 64
"""E.164 has 15 digits; the rest is room for the spaces and brackets of any country."""

_BETWEEN_DIGITS = re.compile(r"[\s().·/\-\u00ad\u2010-\u2015\u2212]")
_EXTENSION = re.compile(r"(?:;?\s*ext(?:ension)?|[x#;])[\s.:=#]*\d+$", re.IGNORECASE)
_PARSING_RULES = {
    NumberParseException.INVALID_COUNTRY_CODE: "no_country_code",
    NumberParseException.TOO_LONG: "too_long",
}
_PARSING_SENTENCES = {
    "no_country_code": "No country code begins like this: type + and the country code first.",
    "too_long": "The number is too long: no country has so many digits.",
    "too_short": "The number is too short: no country has so few digits.",
}
_WHATSAPP_ID = re.compile(r"(?P<digits>\d+)@(?:c\.us|s\.whatsapp\.net)", re.ASCII)
"""How whatsapp-web.js and Baileys write a person's number."""
_INVISIBLE = frozenset({"Cc", "Cf"})
"""What a number carries along when it is copied from a contact card: marks of direction."""


class UnreadablePhone(ValueError):
    """The typed text is not one phone number. The sentence names the rule, not the number."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule


def normalise_phone(typed: str, default_region: str = "") -> str:
    """Give the number's digits with country code; UnreadablePhone names the rule it breaks.

    `default_region` is one of REGIONS, or empty: then every number has to bring its country code.
    """
    digits, says_country = _digits_of(typed)
    if says_country or not default_region:
        found = _with_country_code(digits)
    else:
        found = _as_typed_in(digits, default_region)
    return f"{found.country_code}{phonenumbers.national_significant_number(found)}"


def _digits_of(typed: str) -> tuple[str, bool]:
    """Take the digits out of what was typed; True if they begin with a country code for sure."""
    text = unicodedata.normalize("NFKC", typed[: LONGEST_TYPED + 1])
    if len(text) > LONGEST_TYPED:
        raise UnreadablePhone("too_long", f"A phone number has at most {LONGEST_TYPED} characters.")
    text = "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE).strip()
    if not text:
        raise UnreadablePhone("empty", "No phone number is given.")
    if known := _WHATSAPP_ID.fullmatch(text):
        return known["digits"], True
    if _EXTENSION.search(text):
        raise UnreadablePhone("extension", "WhatsApp reaches no extensions: leave it out.")
    if any(c.isalpha() for c in text):
        raise UnreadablePhone("letters", "A phone number has no letters.")
    compact = _BETWEEN_DIGITS.sub("", text)
    says_country = compact.startswith("+")
    digits = compact.removeprefix("+")
    if not digits.isdecimal():
        raise UnreadablePhone(
            "characters",
            "A phone number is one + at most, digits, and spaces, dashes, dots, slashes or"
            " brackets between them.",
        )
    digits = "".join(str(unicodedata.decimal(c)) for c in digits)  # of any script
    if digits.startswith("00") and not says_country:
        return digits.removeprefix("00"), True
    return digits, says_country


def _as_typed_in(digits: str, region: str) -> PhoneNumber:
    """Read what somebody in the region typed: with its country code, as at home, or abroad's."""
    of_own_code = digits.startswith(str(phonenumbers.country_code_for_region(region)))
    try:
        abroad = _with_country_code(digits)
    except UnreadablePhone:
        abroad = None
    if of_own_code and abroad:
        return abroad
    # The finder of numbers in texts asks that they have the leading 0 if they have one at home.
    match = next(iter(PhoneNumberMatcher(digits, region)), None)
    if match and match.end - match.start == len(digits):
        return match.number
    if abroad:
        return abroad
    raise UnreadablePhone(
        _why_not_of(digits, region),
        f"This is no number as typed in {region}, and none that begins with a country code.",
    )


def _why_not_of(digits: str, region: str) -> str:
    try:
        return _rule_broken(phonenumbers.parse(digits, region))
    except NumberParseException as error:
        return _PARSING_RULES.get(error.error_type, "too_short")


def _with_country_code(digits: str) -> PhoneNumber:
    try:
        found = phonenumbers.parse(f"+{digits}", None)
    except NumberParseException as error:
        rule = _PARSING_RULES.get(error.error_type, "too_short")
        raise UnreadablePhone(rule, _PARSING_SENTENCES[rule]) from None
    if phonenumbers.is_valid_number(found):
        return found
    raise UnreadablePhone(
        _rule_broken(found), f"No number of the country code +{found.country_code} is like this."
    )


def _rule_broken(found: PhoneNumber) -> str:
    reason = phonenumbers.is_possible_number_with_reason(found)
    rules = {ValidationResult.TOO_SHORT: "too_short", ValidationResult.TOO_LONG: "too_long"}
    return rules.get(reason, "no_such_number")
