"""Each form of a code is read back by another project's decoder."""

import secrets
from base64 import b64encode
from xml.etree import ElementTree as ET

import pytest
from PIL import Image, ImageDraw

from adapters import qr_image
from tests.phone_camera import code_in

KEYS = ",".join(b64encode(bytes([number] * 32)).decode() for number in range(4))
TEXTS = [
    "ABCD",
    f"2@{KEYS},1",
    f"https://wa.me/settings/linked_devices#2@{KEYS},1",
    "x" * qr_image.MOST_CHARACTERS,
    "ünïcödé",
]
SCALE = 6


def drawn_svg(svg: str) -> Image.Image:
    """Draw the runs of the path; it has no other command than M, h, v and z."""
    root = ET.fromstring(svg)  # noqa: S314  our own text
    side = int(root.attrib["viewBox"].split()[-1])
    image = Image.new("L", (side * SCALE, side * SCALE), 255)
    draw = ImageDraw.Draw(image)
    for run in root[1].attrib["d"].split("z")[:-1]:
        start, length, *_ = run.removeprefix("M").replace("v", "h").split("h")
        x, y = map(int, start.split())
        draw.rectangle(
            (x * SCALE, y * SCALE, (x + int(length)) * SCALE - 1, (y + 1) * SCALE - 1), fill=0
        )
    return image


def drawn_terminal(text: str) -> Image.Image:
    """Draw what a terminal with a dark background shows."""
    lines = text.splitlines()
    image = Image.new("L", (len(lines[0]) * SCALE, len(lines) * 2 * SCALE), 0)
    draw = ImageDraw.Draw(image)
    lit = {"█": (0, 1), "▀": (0,), "▄": (1,), " ": ()}
    for row, line in enumerate(lines):
        for column, letter in enumerate(line):
            for half in lit[letter]:
                x, y = column * SCALE, (2 * row + half) * SCALE
                draw.rectangle((x, y, x + SCALE - 1, y + SCALE - 1), fill=255)
    return image


@pytest.mark.parametrize("text", TEXTS)
def test_png(text: str) -> None:
    assert code_in(qr_image.png(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_svg(text: str) -> None:
    assert code_in(drawn_svg(qr_image.svg(text))) == text


@pytest.mark.parametrize("text", TEXTS)
def test_terminal_text(text: str) -> None:
    shown = qr_image.terminal_text(text)
    assert len({len(line) for line in shown.splitlines()}) == 1
    assert code_in(drawn_terminal(shown)) == text


def test_the_fixed_mask_reads_whatever_a_code_holds() -> None:
    for _ in range(20):
        text = f"2@{b64encode(secrets.token_bytes(150)).decode()}"
        assert code_in(qr_image.png(text)) == text


@pytest.mark.parametrize("text", ["", "x" * (qr_image.MOST_CHARACTERS + 1)])
def test_a_text_that_is_no_code(text: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        qr_image.matrix(text)


def test_the_title_of_an_svg_cannot_leave_its_attribute() -> None:
    svg = qr_image.svg("ABCD", title='"><script>')
    assert "<script>" not in svg
