"""Reads what a caller sent into the fields of a built-in template.

Callers name one thing in many ways: `invoiceNumber`, `invoice_no`, or `number` within `invoice`.
Names are compared by their letters and digits alone, nested objects count as a prefix, and a
field knows the other names it goes by. What no field asks for is passed over.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import msgspec

from app.templates.formats import Formats, read_number
from app.templates.rendered import Unfit, UnfitValues

Kind = Literal["text", "lines", "quantity", "money", "date", "items"]

MOST_ITEMS = 200
"""A list as long as this fills dozens of screens of a phone already."""
LONGEST_TEXT = 500
LONGEST_LINES = 4000
DEEPEST = 4
"""Levels of objects in each other that are looked into."""
WRAPPERS = frozenset({"", "order", "invoice", "proforma", "dispatch"})
"""Objects whose own name says nothing about what is in them."""
_ABOUT = re.compile(r"(details|info|data)$")
"""`bankDetails` is the bank."""

Values = Mapping[str, Any]


class Field(msgspec.Struct, frozen=True):
    """One field of a built-in template."""

    name: str
    kind: Kind
    about: str
    also: str = ""
    """Other names that callers use, in letters and digits, separated by spaces."""
    required: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that is looked for, the field's own first."""
        return (_letters(self.name), *self.also.split())


ITEM_FIELDS = (
    Field(
        "name",
        "text",
        "what the item is",
        "itemname productname product description item title",
        required=True,
    ),
    Field("code", "text", "its code", "itemcode productcode sku hsn hsncode"),
    Field(
        "quantity", "quantity", "how many", "qty count dispatchqty dispatchedqty dispatchquantity"
    ),
    Field("unit", "text", "unit of the quantity", "uom unitname"),
    Field("rate", "money", "price of one unit", "price unitprice unitrate"),
    Field("amount", "money", "quantity by rate, unless it is given", "total lineamount linetotal"),
)


def read_fields(fields: Sequence[Field], values: Values, formats: Formats) -> dict[str, Any]:
    """Give every field's value, None where it is not given; money and quantities as Decimals.

    UnfitValues names each field that is missing or cannot be read.
    """
    given = _flat(values)
    read: dict[str, Any] = {}
    unfit: list[Unfit] = []
    for field in fields:
        value = next((given[name] for name in field.names if name in given), None)
        try:
            read[field.name] = None if value is None else _READERS[field.kind](value, formats)
        except UnfitValues as found:
            unfit += [Unfit(f"{field.name}{one.field}", one.reason) for one in found.unfit]
        else:
            if field.required and read[field.name] is None:
                unfit.append(Unfit(field.name, f"is missing: {field.about}"))
    if unfit:
        raise UnfitValues(*unfit)
    return read


def one_line(text: str) -> str:
    """Put it on one line, without marks that are not seen.

    A value cannot begin a line of its own and pass for one of ours, such as another bank account,
    nor turn the order of what is read around it.
    """
    return re.sub(r"\s+", " ", visible(text)).strip()


def _flat(values: Values, prefix: str = "", depth: int = 1) -> dict[str, Any]:
    """Name everything by letters and digits; what stands further out goes first."""
    found: dict[str, Any] = {}
    inner: list[dict[str, Any]] = []
    for key, value in values.items():
        name = _letters(key)
        if isinstance(value, Mapping):
            if depth < DEEPEST:
                plain = _ABOUT.sub("", name)
                within = "" if plain in WRAPPERS else prefix + plain
                inner.append(_flat(cast("Values", value), within, depth + 1))
        elif _is_given(value):
            found.setdefault(prefix + name, value)
    for more in inner:
        found = {**more, **found}
    return found


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _is_given(value: object) -> bool:
    if isinstance(value, str):
        return bool(one_line(value))
    return value is not None and value != []


def _text(value: object, _: Formats) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise UnfitValues(Unfit("", "is not text"))
    text = one_line(str(value))
    if len(text) > LONGEST_TEXT:
        raise UnfitValues(Unfit("", f"has more than {LONGEST_TEXT} characters"))
    return text


def _lines(value: object, _: Formats) -> str:
    """Keep lines as they are; a list is one line each."""
    text = "\n".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else str(value)
    if len(text) > LONGEST_LINES:
        raise UnfitValues(Unfit("", f"has more than {LONGEST_LINES} characters"))
    return "\n".join(line for line in map(one_line, text.splitlines()) if line)


def _quantity(value: object, formats: Formats) -> object:
    """Keep text such as `2 boxes` as it is."""
    bare = not isinstance(value, str) or re.fullmatch(r"[\d.,\s]+", value)
    number = read_number(value) if bare else None
    return _text(value, formats) if number is None else number


def _money(value: object, _: Formats) -> object:
    number = read_number(value)
    if number is None:
        raise UnfitValues(Unfit("", "is not an amount"))
    return number


def _date(value: object, formats: Formats) -> str:
    """Keep what is no date, such as `by Friday`, as it is."""
    return formats.day(value) or _text(value, formats)


def _items(value: object, formats: Formats) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise UnfitValues(Unfit("", "is not a list"))
    given = cast("list[Any]", value)
    if len(given) > MOST_ITEMS:
        raise UnfitValues(Unfit("", f"has {len(given)} items, more than {MOST_ITEMS}"))
    items: list[dict[str, Any]] = []
    unfit: list[Unfit] = []
    for number, item in enumerate(given):
        fields = cast("Values", item) if isinstance(item, Mapping) else {"name": item}
        try:
            items.append(read_fields(ITEM_FIELDS, fields, formats))
        except UnfitValues as found:
            unfit += [Unfit(f"[{number}].{one.field}", one.reason) for one in found.unfit]
    if unfit:
        raise UnfitValues(*unfit)
    return items


def visible(text: str) -> str:
    """Take control characters and marks of direction out; emojis keep what joins them."""
    kept = "\n\t\u200c\u200d"
    return "".join(c for c in text if c in kept or unicodedata.category(c) not in ("Cc", "Cf"))


_READERS = {
    "text": _text,
    "lines": _lines,
    "quantity": _quantity,
    "money": _money,
    "date": _date,
    "items": _items,
}
