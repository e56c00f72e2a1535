"""Amounts, numbers and dates as people of one locale write them."""

import re
from copy import copy
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Self

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, get_timezone
from babel.numbers import format_currency, format_decimal, get_territory_currencies, list_currencies

from app.templates.rendered import Unfit, UnfitValues

HOME_REGION, HOME_CURRENCY = "IN", "INR"
"""The built-in templates are an Indian ERP's; a default region or the values say otherwise."""
LARGEST = Decimal(10) ** 15
"""Beyond it there are no amounts, and printing 10^300 would fill a message."""
LONGEST_AMOUNT = 40
_SIGNS = {"₹": "INR", "Rs": "INR", "€": "EUR", "£": "GBP"}
"""Those that mean one currency; $ means twenty."""
DECIMALS = 3
"""Of quantities: a tonne in kilograms."""

_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_AMOUNT = re.compile(  # a sign, `Rs.` or `₹`, digits, and `/-` or `EUR`
    r"(?P<sign>[+\-\u2212]?)\s*(?:[^\W\d_]{1,4}\.?|[^\w\s.,+\-\u2212])?\s*"
    r"(?P<digits>[+\-\u2212]?\d[\d.,\s']*?)\s*(?:/-|[^\W\d_]{1,4}|[^\w\s.,])?"
)
"""Text such as `Rs. 1,180/-` or `-5 EUR`. It may not begin with a point: that is `Rs.`'s."""


class Formats:
    """Writes and reads by one locale, currency and time zone."""

    def __init__(self, locale: str, currency: str, time_zone: str, region: str = "") -> None:
        """Take what is empty from the region; UnfitValues names what there is not."""
        region = region or HOME_REGION
        try:
            self.locale = Locale.parse(locale.replace("-", "_")) if locale else _english(region)
        except (UnknownLocaleError, ValueError):
            raise UnfitValues(Unfit("locale", "not a locale, such as en_IN")) from None
        self.currency = _known(currency or _currency_of(region))
        try:
            self.zone: tzinfo = get_timezone(time_zone or "UTC")
        except LookupError:
            raise UnfitValues(Unfit("time_zone", "not a time zone, such as Asia/Kolkata")) from None

    def in_currency(self, currency: str) -> Self:
        """Give the same with another currency."""
        other = copy(self)
        other.currency = _known(currency)
        return other

    def money(self, amount: Decimal) -> str:
        """Write an amount with its currency, grouped as in the locale: ₹1,23,456.50."""
        return format_currency(amount, self.currency, locale=self.locale)

    def number(self, number: Decimal) -> str:
        """Write a quantity, with as few decimals as it has."""
        return format_decimal(
            round(number, DECIMALS).normalize(), locale=self.locale, decimal_quantization=False
        )

    def day(self, value: object) -> str | None:
        """Write a date that is ISO 8601 or day/month/year; None for other text."""
        text = str(value).strip()
        day = self._iso(text) or _day_first(text)
        return format_date(day, "medium", locale=self.locale) if day else None

    def _iso(self, text: str) -> date | None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (moment.astimezone(self.zone) if moment.tzinfo else moment).date()


def read_number(value: object) -> Decimal | None:
    """Read a number, also from text with a currency and commas; None if it is none."""
    if isinstance(value, bool):
        return None
    text = str(value).strip()
    if isinstance(value, str):
        found = _AMOUNT.fullmatch(text) if len(text) <= LONGEST_AMOUNT else None
        text = found["sign"] + _plain(found["digits"]) if found else ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < LARGEST else None


def _plain(text: str) -> str:
    """Take the grouping out. A comma groups, unless it is the last and only sign of a fraction."""
    text = re.sub(r"[\s']", "", text).replace("\u2212", "-")
    if re.fullmatch(r"[+\-]?(\d{1,3}(\.\d{3})+|\d+),\d{1,2}", text):  # 1.234,50 and 12,5
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "")


def _day_first(text: str) -> date | None:
    found = _DAY_FIRST.fullmatch(text)
    if found is None:
        return None
    day, month, year = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _english(region: str) -> Locale:
    """Give the region's English, for the built-in layouts are in English."""
    try:
        return Locale.parse(f"en_{region}")
    except UnknownLocaleError:
        return Locale.parse("en_001")


def _known(currency: str) -> str:
    letters = _SIGNS.get(currency.rstrip("."), currency.upper())
    if letters not in list_currencies():
        raise UnfitValues(Unfit("currency", "not a currency's three letters, such as INR"))
    return letters


def _currency_of(region: str) -> str:
    if region == HOME_REGION:
        return HOME_CURRENCY
    return next(iter(get_territory_currencies(region)), HOME_CURRENCY)
