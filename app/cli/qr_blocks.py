"""A code in a terminal: half blocks, two rows of it to a line."""

from rich.text import Text

from adapters.qr_image import matrix

QUIET_ZONE = 2
"""Light modules around it: half of the standard's four is enough on a screen, and saves two lines.
"""
COLOURS = "#000000 on #ffffff"
"""Black on white whatever the terminal's own colours are: phones read that best."""
_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def in_colour(code: str) -> Text:
    """Draw the code black on white; where no colours are there is `qr_image.terminal_text`."""
    rows = matrix(code, quiet_zone=QUIET_ZONE)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = (
        "".join(_HALVES[halves] for halves in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    )
    return Text("\n".join(lines), style=COLOURS, no_wrap=True)
