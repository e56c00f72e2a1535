"""How linking looks: redrawn in place for a person, lines for a pipe, JSON lines for a program.

All three are told the same by `link.py`. A code's text is on the screen only while it is good for
something, and in no file that we write.
"""

from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from adapters import clock
from adapters.qr_image import terminal_text
from app.cli.answers import Account, FeedItem
from app.cli.ending import Exit
from app.cli.link_words import Ending, Mark, step_words
from app.cli.output import write_json
from app.cli.qr_blocks import in_colour

REDRAWS_PER_S = 4
"""The countdown is in whole seconds; four looks a second keep it even."""
LINES_BESIDE_THE_CODE = 6
"""The countdown, what to do on the phone, and what the terminal itself needs."""
STYLES: dict[Mark, tuple[str, str]] = {
    "done": ("✓", "dim"),
    "good": ("✓", "bold green"),
    "bad": ("✗", "bold red"),
    "warn": ("!", "bold yellow"),
}
ON_THE_PHONE = "On the phone: WhatsApp → Settings → Linked devices → Link a device"


class ShownCode(msgspec.Struct, frozen=True, kw_only=True):
    """The code on show, as GET …/qr.json answers it."""

    kind: str
    text: str
    ordinal: int
    expires_in_s: float


class Screen(Protocol):
    """What linking tells whoever watches."""

    def begin(self, account: Account, page_url: str) -> None:
        """Linking has started, or is joined."""
        ...

    def step(self, item: FeedItem) -> None:
        """Something has happened."""
        ...

    def code(self, code: ShownCode) -> None:
        """A new code has taken the place of the one before."""
        ...

    def note(self, words: str) -> None:
        """Say something beside."""
        ...

    def end(self, account_id: str, ending: Ending) -> None:
        """It is over."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class LineScreen:
    """Lines, one after the other: for a pipe, a log, a dumb terminal."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._started_at: datetime | None = None
        """When the status that we found began: with an attempt of ours, the attempt."""

    def begin(self, account: Account, page_url: str) -> None:
        """Say what is being linked, and where else it can be watched."""
        self._started_at = account.since
        self._out.print(f"Linking {account.id} ({_described(account)}); also at {page_url}")

    def step(self, item: FeedItem) -> None:
        """Write a line."""
        words = step_words(item)
        if words is not None:
            mark, told = words
            self._out.print(step_line(mark, told, item.at - (self._started_at or item.at)))

    def code(self, code: ShownCode) -> None:
        """Write the code itself, once."""
        if code.kind == "pairing_code":
            self._out.print(f"Pairing code: {code.text}")
        else:
            self._out.print(terminal_text(code.text), end="")
        self._out.print(f"Good for {code.expires_in_s:.0f} s. {_what_to_do(code)}")

    def note(self, words: str) -> None:
        """Write a line."""
        self._out.print(words)

    def end(self, account_id: str, ending: Ending) -> None:
        """Say how it ended, what to do next, and where the story is."""
        for line in ending_lines(account_id, ending):
            self._out.print(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing was taken, so nothing is to be given back."""


class LiveScreen(LineScreen):
    """Lines above, and below them the code with its countdown, redrawn in place."""

    def __init__(self, out: Console) -> None:
        super().__init__(out)
        self._spinner = Spinner("dots", Text("Starting …"))
        self._doing = "Starting …"
        self._code: ShownCode | None = None
        self._drawing: RenderableType = ""
        self._code_until_s = 0.0
        self._page_url = ""
        self._live = Live(  # it draws at once, so all of the above comes first
            console=out,
            get_renderable=self._drawn,
            refresh_per_second=REDRAWS_PER_S,
            transient=True,  # an old code must not stay on the screen, nor the countdown
            vertical_overflow="crop",
        )

    def begin(self, account: Account, page_url: str) -> None:
        """Say what is being linked."""
        self._started_at, self._page_url = account.since, page_url
        name = (account.id, "bold")
        self._out.print(Text.assemble("Linking ", name, f" ({_described(account)})"))

    def step(self, item: FeedItem) -> None:
        """Write a line, except where the part below says it already."""
        self._doing = f"{item.status.value} …"
        if item.type in ("qr", "pairing_code", "syncing"):
            words = step_words(item)
            self._doing = f"{words[1]} …" if words else self._doing
            if item.type == "syncing" or self._code is not None:
                return
        if item.type == "scanned":
            self._code = None
        super().step(item)

    def code(self, code: ShownCode) -> None:
        """Redraw with this code."""
        self._code_until_s = clock.monotonic_s() + code.expires_in_s
        self._drawing = (
            Text(_large(code.text), style="bold reverse")
            if code.kind == "pairing_code"
            else in_colour(code.text)
        )
        self._code = code
        self._live.refresh()

    def end(self, account_id: str, ending: Ending) -> None:
        """Take the part below away and say how it ended."""
        self._live.stop()
        super().end(account_id, ending)

    def _drawn(self) -> RenderableType:
        code, left_s = self._code, self._code_until_s - clock.monotonic_s()
        if code is None:
            self._spinner.update(text=Text(self._doing))
            return self._spinner
        if left_s <= 0:
            over = f"Code {code.ordinal} has run out; the next one comes …"
            self._spinner.update(text=Text(over))
            return self._spinner
        drawing = self._drawing if self._fits(self._drawing) else self._too_small(self._drawing)
        return Group(drawing, countdown(code, left_s), Text(_what_to_do(code), style="dim"))

    def _fits(self, drawing: RenderableType) -> bool:
        width, height = _size(drawing)
        return width <= self._out.width and height + LINES_BESIDE_THE_CODE <= self._out.height

    def _too_small(self, drawing: RenderableType) -> RenderableType:
        width, height = _size(drawing)
        return Text(
            f"The code needs {width} columns and {height + LINES_BESIDE_THE_CODE} lines; this"
            f" terminal has {self._out.width} and {self._out.height}. Enlarge it, or make its"
            f" letters smaller, and the code appears. It is also at {self._page_url}",
            style="bold yellow",
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back as it was, whatever has happened."""
        self._live.stop()


class JsonScreen:
    """Every item of the feed as one line of JSON, and the result as the last."""

    def begin(self, account: Account, page_url: str) -> None:
        """Say which account and attempt the following is about."""
        attempt = account.attempt
        write_json(
            {
                "type": "linking",
                "account_id": account.id,
                "attempt": attempt and {"id": attempt.id, "number": attempt.number},
                "page_url": page_url,
            }
        )

    def step(self, item: FeedItem) -> None:
        """Pass the item on."""
        write_json(item)

    def code(self, code: ShownCode) -> None:
        """Leave it out: the item says where to fetch it, and output ends in logs."""

    def note(self, words: str) -> None:
        """Leave it out: it is for people."""

    def end(self, account_id: str, ending: Ending) -> None:
        """Write the result."""
        status = Exit.DONE if ending.linked else Exit.FAILED
        result = {"type": "result", "account_id": account_id, "exit_status": int(status)}
        write_json(result | msgspec.to_builtins(ending))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing was taken, so nothing is to be given back."""


def step_line(mark: Mark, words: str, after: timedelta) -> Text:
    """Build one line of the story so far."""
    sign, style = STYLES[mark]
    time = (f"+{after.total_seconds():.1f} s", "dim")
    return Text.assemble((f"  {sign} ", style), f"{words:<50} ", time)


def ending_lines(account_id: str, ending: Ending) -> list[Text]:
    """Say how it ended, what to do next, and where the story is."""
    story = Text.assemble(("  See the story: ", "dim"), f"./linkwright replay show {account_id}")
    if ending.linked:
        sign, style = STYLES["good"]
        who = " ".join(part for part in (f"+{ending.phone}", ending.name) if part.strip("+"))
        return [Text.assemble((f"{sign} READY", style), f": linked with {who}."), story]
    sign, style = STYLES["bad"]
    lines = [Text.assemble((f"{sign} Not linked", style), f" ({ending.reason}): {ending.sentence}")]
    if ending.next_step:
        lines.append(Text.assemble(("  Next: ", "bold"), ending.next_step))
    return [*lines, story]


def countdown(code: ShownCode, left_s: float) -> Text:
    """Say which code it is and how long it is good for."""
    urgent = left_s <= 5  # noqa: PLR2004  too late to begin aiming a phone
    return Text.assemble(
        f"Code {code.ordinal} · good for ",
        (f"{left_s:.0f} s", "bold red" if urgent else "bold"),
        " · a new one follows by itself",
    )


def _what_to_do(code: ShownCode) -> str:
    if code.kind == "pairing_code":
        return f"{ON_THE_PHONE} → Link with phone number instead, and type the code"
    return ON_THE_PHONE


def _described(account: Account) -> str:
    parts = [account.label, f"workspace {account.workspace}", account.site]
    return ", ".join(part for part in parts if part)


def _large(pairing_code: str) -> str:
    """Space the letters out, in a block of three lines: a terminal has one size of them."""
    letters = "   " + "  ".join(pairing_code) + "   "
    return "\n".join((" " * len(letters), letters, " " * len(letters)))


def _size(drawing: RenderableType) -> tuple[int, int]:
    lines = str(drawing).splitlines()
    return max(map(len, lines), default=0), len(lines)
