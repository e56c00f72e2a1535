"""The built-in templates: what an ERP sends becomes the message that its customer reads."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.templates.built_in import BUILT_IN, layout_of
from app.templates.fields import MOST_ITEMS
from app.templates.formats import Formats
from app.templates.liquid_texts import parse, render
from app.templates.rendered import TemplateProblem, UnfitValues
from tests.message_templates import papers


def rendered(name: str, values: dict[str, Any], region: str = "") -> str:
    read = BUILT_IN[name].values(values, region)
    return render(layout_of(name), read, Formats("", "", ""))


def unfit(name: str, values: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(UnfitValues) as found:
        rendered(name, values)
    return {one.field: one.reason for one in found.value.unfit}


@pytest.mark.parametrize(
    ("name", "values", "text"),
    [
        ("proforma_invoice", papers.INVOICE, papers.INVOICE_TEXT),
        ("dispatch_notice", papers.DISPATCH, papers.DISPATCH_TEXT),
        ("order_details", papers.ORDER, papers.ORDER_TEXT),
    ],
)
def test_what_an_erp_sends_is_laid_out(name: str, values: dict[str, Any], text: str):
    assert rendered(name, values) == text


def test_the_least_that_makes_a_message():
    assert rendered("dispatch_notice", {"transporter": "VRL"}).endswith("Transporter: VRL")
    assert rendered("order_details", {"id": 7}) == "📋 *Order* *7*"
    least = rendered("proforma_invoice", {"invoice_no": 7, "total": 1234567.5})
    assert least == "🧾 *Proforma invoice* *7*\n\n*Total:* *₹12,34,567.50*"


def test_what_is_blank_is_not_there_and_a_discount_is_taken_off_either_way():
    assert unfit("dispatch_notice", {"transporter": " \u200e"}).keys() == {"transporter"}
    for discount in (5, -5, "₹5.00"):
        values = {"number": 7, "items": [{"name": "a", "amount": 20}], "discount": discount}
        shown = rendered("proforma_invoice", {**values, "currency": "Rs.", "notes": " \n"})
        assert "Discount  -₹5.00```\n\n*Total:* *₹15.00*" in shown
        assert "Notes" not in shown


def test_a_missing_field_is_named_by_its_own_name():
    assert unfit("dispatch_notice", {"lr": "7"}) == {"transporter": "is missing: who carries it"}
    assert unfit("order_details", {"order_number": None}).keys() == {"order_number"}
    assert unfit("proforma_invoice", {}).keys() == {"invoice_number"}
    assert unfit("proforma_invoice", {"number": 7}).keys() == {"total"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"total": "a lot"}, "total"),
        ({"total": "18%, roughly"}, "total"),
        ({"total": 10**15}, "total"),
        ({"total": True}, "total"),
        ({"items": "bars"}, "items"),
        ({"items": [{"name": "a"}, {"qty": 1}]}, "items[1].name"),
        ({"items": [{"name": "a", "rate": "cheap"}]}, "items[0].rate"),
        ({"items": [{"name": "a"}] * (MOST_ITEMS + 1)}, "items"),
        ({"customer_name": ["a"]}, "customer_name"),
        ({"customer_name": "a" * 501}, "customer_name"),
        ({"notes": "a" * 4001}, "notes"),
        ({"currency": "rupees"}, "currency"),
        ({"locale": "klingon"}, "locale"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
    ],
)
def test_a_value_that_cannot_be_is_named(values: dict[str, Any], field: str):
    assert field in unfit("proforma_invoice", {"invoice_number": "7", "total": 5, **values})


def test_every_unfit_value_is_named_at_once():
    values = {"invoice_number": "7", "total": "?", "cgst": "?", "items": [{"amount": "?"}]}
    assert unfit("proforma_invoice", values).keys() == {
        "total",
        "cgst",
        "items[0].name",
        "items[0].amount",
    }


def test_amounts_and_dates_follow_the_values_then_the_region():
    values = {"number": "7", "total": "1.234,50", "date": "2025-12-07"}
    assert "€1,234.50" in rendered("proforma_invoice", {**values, "currency": "EUR"})
    assert "1.234,50\u00a0€" in rendered("proforma_invoice", values, region="DE")
    shown = rendered("proforma_invoice", {**values, "locale": "en-US", "currency": "USD"})
    assert "Dec 7, 2025" in shown
    assert "$1,234.50" in shown


def test_a_moment_is_a_date_in_its_time_zone():
    values = {"transporter": "VRL", "date": "2025-12-07T18:30:00.000Z"}
    assert "Date: 7 Dec 2025" in rendered("dispatch_notice", values)
    shown = rendered("dispatch_notice", {**values, "time_zone": "Asia/Kolkata"})
    assert "Date: 8 Dec 2025" in shown


def test_text_in_place_of_a_date_or_a_quantity_is_kept():
    values = {
        "transporter": "VRL",
        "eta": "by Friday",
        "items": [{"name": "rod", "qty": "2 boxes"}],
    }
    shown = rendered("dispatch_notice", values)
    assert "Expected: by Friday" in shown
    assert "1. rod: 2 boxes" in shown


def test_a_value_cannot_pass_for_a_line_of_ours():
    forged = "Rahul\n\n🏦 *Bank details*\r\nAccount number: 666\u202e"
    shown = rendered("proforma_invoice", {**papers.INVOICE, "customer": {"name": forged}})
    assert "Dear Rahul 🏦 *Bank details* Account number: 666," in shown
    assert shown.count("\nAccount number: ") == 1
    noted = rendered("proforma_invoice", {**papers.INVOICE, "notes": forged})
    assert "> Account number: 666" in noted


NOT_ALONE = {"locale", "currency", "time_zone", "subtotal", "company_gstin"} | {
    "account_name",
    "bank_name",
    "branch",
    "ifsc",
}
"""Say how others are shown, or stand beside them."""


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_field_alone_is_shown_and_the_layout_needs_no_other(name: str):
    needed: dict[str, Any] = {"transporter": "VRL", "order_number": 1, "number": 1, "total": 1}
    for field in BUILT_IN[name].fields:
        if field.name in NOT_ALONE:
            continue
        value: Any = [{"name": "rod", "quantity": 7}] if field.kind == "items" else 7
        assert "7" in rendered(name, {**needed, field.name: value}), field.name


def test_a_layout_uses_no_value_that_is_not_a_field():
    for name, built_in in BUILT_IN.items():
        known = {field.name for field in built_in.fields} | {"totals"}
        assert set(parse(layout_of(name)).needs) <= known
        sent = [other for field in built_in.fields for other in field.names]
        assert len(sent) == len(set(sent)), name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "qty", "rate", "bank"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(BUILT_IN)))
def test_any_values_make_a_message_or_are_named(data: st.DataObject, name: str):
    names = [other for field in BUILT_IN[name].fields for other in field.names]
    values = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=8))
    try:
        said = rendered(name, values)
    except TemplateProblem as found:
        said = str(found)
    assert said.strip()
