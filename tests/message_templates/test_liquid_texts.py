"""Layouts of users: what they may do, what they are told, and that none can hold the service up."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.templates.formats import Formats
from app.templates.liquid_texts import STEPS, parse, render
from app.templates.rendered import (
    LONGEST_MESSAGE,
    LONGEST_SOURCE,
    BadTemplate,
    TemplateProblem,
    UnfitValues,
)

INDIA = Formats("", "", "")
LIST = {"many": ["x"] * 1000, "text": "y" * 9000}


def rendered(source: str, **values: object) -> str:
    return render(source, values, INDIA)


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ("Hello {{ name }}", {"name": "Asha"}, "Hello Asha"),
        ("{{ customer.name | bold }}", {"customer": {"name": "A*B"}}, "*AB*"),
        ("{% for i in items %}{{ i }},{% endfor %}", {"items": [1, 2]}, "1,2,"),
        ("{% if note %}{{ note }}{% else %}none{% endif %}", {}, "none"),
        ("{{ note | default: 'none' }}", {}, "none"),
        ("{{ note | default: 'none' }}", {"note": None}, "none"),
        ("{{ total | money }}", {"total": 123456.5}, "₹1,23,456.50"),
        ("{{ total | money: 'EUR' }}", {"total": "1,180"}, "€1,180.00"),
        ("{{ n | number }}", {"n": 1234567}, "12,34,567"),
        ("{{ day | date }}", {"day": "2025-12-07"}, "7 Dec 2025"),
        ("{{ day | date }}", {"day": "soon"}, "soon"),
        ("{{ a | italic }}{{ a | strike }}{{ a | mono }}", {"a": "x"}, "_x_~x~```x```"),
        ("{{ a | bold }}.", {"a": " "}, "."),
        ("{{ a | quote }}", {"a": "x\ny"}, "> x\n> y"),
        ("{{ a | one_line }}", {"a": "x\n y"}, "x y"),
        ("{{ a | replace: 'x', 'yy' }}", {"a": "xx"}, "yyyy"),
        ("{{ a | columns }}", {"a": [["x", 1], ["yyy", 22]]}, "```x     1\nyyy  22```"),
        ("{% assign t = a | times: 2 %}{{ t }}", {"a": 3}, "6"),
        ("a\n\n\n\nb  \n", {}, "a\n\nb"),
        ("{{ a }}", {"a": "x\u202ey\u0007z"}, "xyz"),
    ],
)
def test_what_a_layout_can_do(source: str, values: dict[str, Any], text: str):
    assert rendered(source, **values) == text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "empty"),
        ("{{ a", "Line 1: {{ is not closed"),
        ("\n{{ a\n{% b %}", "Line 2: {{ is not closed"),
        ("{{ a %}", "Line 1: {{ is not closed"),
        ("{{" * 8000, "Line 1: {{ is not closed"),
        ("\n{{ " + " " * 16_000 + "}}", "Line 2: {{ is not closed within"),
        ("{% if " + "(" * 16_000 + " %}", "Line 1: {% is not closed within"),
        ("a\n{% if %}x{% endif %}", "Line 2: "),
        ("{% for x in y %}", "endfor"),
        ("{{ a | shout }}", "no filter named shout"),
        ("{% include 'x' %}", "include"),
        ("{% render 'x' %}", "render"),
        ("{% capture x %}{% endcapture %}", "capture"),
        ("{% tablerow x in y %}{% endtablerow %}", "tablerow"),
        ("{% for x in (1..1000000000) reversed %}{% endfor %}", "range"),
        ("{{ (1..1000000000) | join }}", "range"),
        ('{% assign x = "..(" %}', "range"),
        ("x" * (LONGEST_SOURCE + 1), "at most"),
        ("{% if a %}" * 11 + "{% endif %}" * 11, "nesting"),
    ],
)
def test_what_is_no_template_is_told_when_it_is_saved(source: str, said: str):
    with pytest.raises(BadTemplate, match=re.escape(said)) as found:
        parse(source)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("source", "values", "field"),
    [
        ("{{ name }}", {}, "name"),
        ("{{ customer.name }}", {"customer": {}}, "customer.name"),
        ("{{ name }}", {"name": None}, "name"),
        ("{{ customer.name }}", {}, "customer"),
        ("{% for x in items %}{% endfor %}", {}, "items"),
        ("{{ a | bold }}", {}, "a"),
        ("{{ now }}", {}, "now"),
        ("{{ today }}", {}, "today"),
        ("{{ a }}", {"a": 10**18}, "a"),
        ("{{ a }}", {"a": [[[[[[[[[1]]]]]]]]]}, "a"),
        ("{{ a }}", {"a": [0] * 10_001}, "a"),
        ("{{ total | money: 'XQX' }}", {"total": 1}, "currency"),
    ],
)
def test_a_value_that_is_missing_or_does_not_fit_is_named(
    source: str, values: dict[str, Any], field: str
):
    with pytest.raises(UnfitValues) as found:
        rendered(source, **values)
    assert [one.field for one in found.value.unfit] == [field]


def test_a_template_names_the_values_that_it_needs():
    source = (
        "{{ customer.name }}{% for i in items %}{{ i.name }}{{ forloop.index }}{% endfor %}"
        "{% assign local = total %}{{ local }}"
    )
    assert parse(source).needs == ("customer.name", "items", "total")


LOOP = "{% for a in many %}"
END = "{% endfor %}"


@pytest.mark.parametrize(
    "source",
    [
        f"{LOOP}{LOOP}{LOOP}x{END}{END}{END}",
        f"{LOOP}{'{% if 1 %}{% endif %}' * 500}{END}",
        f"{LOOP}{{{{ many | join | upcase }}}}{END}",
        "{% assign t = text %}" + "{% assign t = t | append: t %}" * 400,
        "{{ text | append: text | append: text | append: text }}",
        "{{ text | replace: 'y', text }}",
        "{{ text | replace: '', text }}",
        "{% assign n = 9 %}" + "{% assign n = n | times: n %}" * 400 + "{{ n }}",
        f"{LOOP}{{{{ text }}}}{END}",
        "{% assign m = many %}" + "{% assign m = m | map: 'x' | map: 'x' %}" * 200,
        "{{ 1 | divided_by: 0 }}",
        "{{ text | truncate: 'x' }}",
        "{{ many | columns }}",
        "{{ 'a' | money }}",
    ],
)
def test_no_layout_can_hold_the_service_up(source: str):
    with pytest.raises(TemplateProblem):
        rendered(source, **LIST)


def test_a_list_of_two_hundred_items_is_well_within_the_limits():
    items = [{"name": f"item {n}", "rate": n} for n in range(200)]
    source = "{% for i in items %}{{ i.name | bold }}: {{ i.rate | money }}\n{% endfor %}"
    assert rendered(source, items=items).count("\n") == 199
    assert parse(source).pieces * 200 * 20 < STEPS


def test_a_message_that_whatsapp_would_not_take_is_told():
    # The page counts UTF-16 units: this is two.
    half = "{% for x in many %}" + "😀" * 33 + "{% endfor %}"
    with pytest.raises(UnfitValues, match=f"66,000 characters, WhatsApp takes {LONGEST_MESSAGE:,}"):
        rendered(half, many=["x"] * 1000)
    assert len(rendered(half, many=["x"] * 900)) == 900 * 33


MARKUP = st.lists(
    st.sampled_from(
        ["{{", "}}", "{%", "%}", " a ", "|", "if", "endif", "for x in a", "endfor", "'", "..", "(",
         "1", ")", "[", "]", ".", ":", "upcase", "case a", "when 1", "endcase", "-", "raw", "\n"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(source=MARKUP | st.text(max_size=40), value=st.text(max_size=5) | st.integers())
def test_any_text_is_rendered_or_refused(source: str, value: object):
    try:
        said = rendered(source, a=value)
    except TemplateProblem as found:
        said = str(found)
    assert said.strip()
