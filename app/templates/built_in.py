"""The built-in templates: a proforma invoice, a dispatch notice, and the details of an order."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

from app.templates.built_in_fields import DISPATCH, INVOICE, LOCAL, ORDER
from app.templates.fields import Field, Values, read_fields
from app.templates.formats import Formats
from app.templates.rendered import Unfit, UnfitValues

FOLDER = Path(__file__).parent / "layouts"


class BuiltIn(msgspec.Struct, frozen=True):
    """A built-in template: its fields, and the layout in the file of its name."""

    name: str
    about: str
    fields: tuple[Field, ...]

    def values(self, given: Values, region: str) -> dict[str, Any]:
        """Give what a layout may use: every field as text, None where it was not given."""
        local = read_fields(LOCAL, given, Formats("", "", "", region))
        formats = Formats(
            local["locale"] or "", local["currency"] or "", local["time_zone"] or "", region
        )
        read = read_fields(self.fields, given, formats)
        _work_out(read)
        return _as_text(read, formats) | {"totals": _totals(read, formats)}


BUILT_IN = {
    one.name: one
    for one in (
        BuiltIn("proforma_invoice", "A proforma invoice with its items and bank details", INVOICE),
        BuiltIn("dispatch_notice", "What was dispatched, by whom, and how to follow it", DISPATCH),
        BuiltIn("order_details", "An order with its items and where it stands", ORDER),
    )
}


@cache
def layout_of(name: str) -> str:
    """Read a built-in template's text."""
    return (FOLDER / f"{name}.liquid").read_text(encoding="utf-8")


def _work_out(read: dict[str, Any]) -> None:
    """Fill in the amounts that follow from others; those that were given stay."""
    items: list[dict[str, Any]] = read["items"] or []
    for item in items:
        quantity, rate = item["quantity"], item["rate"]
        if item["amount"] is None and isinstance(quantity, Decimal) and rate is not None:
            item["amount"] = quantity * rate
    if "total" not in read:
        return
    amounts = [item["amount"] for item in items]
    if read["subtotal"] is None and amounts and None not in amounts:
        read["subtotal"] = sum(amounts, Decimal())
    if read["total"] is None and read["subtotal"] is not None:
        more = ("freight", "cgst", "sgst", "igst", "tax", "round_off")
        added = sum((read[name] or Decimal() for name in more), Decimal())
        read["total"] = read["subtotal"] + added - abs(read["discount"] or Decimal())
    if read["total"] is None and "invoice_number" in read:
        told = "is missing: what is to be paid, or items with their amounts"
        raise UnfitValues(Unfit("total", told))


_TOTALS = {
    "subtotal": "Subtotal",
    "discount": "Discount",
    "freight": "Freight",
    "cgst": "CGST",
    "sgst": "SGST",
    "igst": "IGST",
    "tax": "Tax",
    "round_off": "Round off",
}


def _totals(read: dict[str, Any], formats: Formats) -> list[list[str]]:
    """List what stands between the items and the total; nothing if that is the subtotal alone."""
    lines = [
        [label, formats.money(-abs(read[name]) if name == "discount" else read[name])]
        for name, label in _TOTALS.items()
        if read.get(name)
    ]
    return lines if len(lines) > 1 or (lines and not read.get("subtotal")) else []


def _as_text(read: dict[str, Any], formats: Formats) -> dict[str, Any]:
    money: Callable[[Decimal], str] = formats.money
    shown: dict[str, Any] = {}
    for name, value in read.items():
        if isinstance(value, list):
            shown[name] = [_as_text(item, formats) for item in cast("list[dict[str, Any]]", value)]
        elif isinstance(value, Decimal):
            shown[name] = (formats.number if name == "quantity" else money)(value)
        else:
            shown[name] = value
    return shown
