"""A QR code as PNG, SVG or terminal text.

What draws is imported by the first code that is drawn, in the thread that draws it: a process that
starts waits 25 ms less, and one that shows no code never needs it.
"""

import base64
import io
from xml.sax.saxutils import quoteattr

MOST_CHARACTERS = 1024
"""WhatsApp's codes have about 260; the largest QR code holds 2,953 (ISO/IEC 18004, table 7)."""
QUIET_ZONE = 4
"""Light modules around the code that a reader may rely on (ISO/IEC 18004, 6.3.8)."""
PIXELS_PER_MODULE = 8
"""A WhatsApp code of 65 modules becomes 584 pixels wide: sharp on a screen of high density.
`_pixels` needs it to be 8."""
MASK = 2
"""Of the eight masks any may be used; looking for the nicest takes four times as long as the rest
(measured here: 15 ms against 3.4 ms), and a code lives 20 s."""

Matrix = list[list[bool]]


def matrix(text: str, *, quiet_zone: int = QUIET_ZONE) -> Matrix:
    """Lay the text out as rows of dark modules; ValueError when it is too long."""
    import qrcode  # noqa: PLC0415  see above
    from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M  # noqa: PLC0415

    if not 0 < len(text) <= MOST_CHARACTERS:
        message = f"a code has 1 to {MOST_CHARACTERS} characters, not {len(text)}"
        raise ValueError(message)
    # A long code is shown large on a screen, where finer modules cost more than scratches do.
    correction = ERROR_CORRECT_M if len(text) < 100 else ERROR_CORRECT_L  # noqa: PLR2004
    code = qrcode.QRCode(error_correction=correction, border=quiet_zone, mask_pattern=MASK)
    code.add_data(text)
    code.make(fit=True)
    return code.get_matrix()


def png(text: str) -> bytes:
    """Draw the code as PNG, one bit a pixel."""
    from PIL import Image  # noqa: PLC0415  see above

    rows = matrix(text)
    lines = [_pixels(row) for row in rows]
    side = len(rows) * PIXELS_PER_MODULE
    image = Image.frombytes("1", (side, side), b"".join(line * PIXELS_PER_MODULE for line in lines))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def data_url(text: str) -> str:
    """Draw the code as an address that holds the whole PNG (RFC 2397)."""
    return f"data:image/png;base64,{base64.b64encode(png(text)).decode()}"


def _pixels(row: list[bool]) -> bytes:
    """Write one row of pixels: a module is 8 wide, so it is a byte, 1 for light."""
    return bytes(0x00 if dark else 0xFF for dark in row)


def svg(text: str, title: str = "QR code") -> str:
    """Draw the code as SVG: one path of horizontal runs, so that it stays small and sharp."""
    rows = matrix(text)
    side = len(rows)
    path = "".join(
        f"M{start} {y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img"'
        f' aria-label={quoteattr(title)} shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>'
    )


def terminal_text(text: str) -> str:
    """Draw the code with half blocks, two rows a line, light on dark as terminals are.

    Light modules are painted, dark ones left to the terminal's background; readers on phones take
    the inverted form of a light terminal as well.
    """
    rows = matrix(text, quiet_zone=2)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = [
        "".join(_HALVES[upper, lower] for upper, lower in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    ]
    return "\n".join(lines) + "\n"


_HALVES = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """List each run of dark modules as start and length."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((x, 1))
    return runs
