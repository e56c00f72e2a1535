"""How a command ends: an exit status for scripts and one sentence for people, never a traceback.

docs/reference/command-line.md has the same table of statuses; a test compares the two.
"""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType
from typing import Any, NoReturn

import click
import msgspec

from app.cli.typed_secrets import without_typed_secrets


class Exit(IntEnum):
    """What the exit status tells a script. Statuses are for ever."""

    DONE = 0
    FAILED = 1
    """It ran, and the answer is bad: the link failed, or the doctor found a problem."""
    USAGE = 2
    """The command was typed wrong, or a setting cannot be used; click ends with it too."""
    UNREACHABLE = 3
    """The service is not running, did not answer in time, or is not Linkwright."""
    KEY = 4
    """There is no key, or the service refused it."""
    NOT_FOUND = 5
    """No such account, attempt or database."""
    REFUSED = 6
    """The account's status, or what the database holds, does not allow it now."""
    SERVICE = 7
    """The service itself is in trouble, such as a database that is away."""
    DIFFERENT = 8
    """Recorded attempts would come out otherwise: for whoever is about to deploy."""
    BROKEN = 70
    """A fault of Linkwright's own; 70 is EX_SOFTWARE of sysexits.h."""
    INTERRUPTED = 130
    """Ctrl-C: 128 and the signal's number, as in shells."""
    TERMINATED = 143
    """SIGTERM, likewise."""


class CommandFailed(Exception):
    """The command ends here. `sentence` says what is wrong, `what_to_do` what to do about it."""

    def __init__(self, status: Exit, sentence: str, what_to_do: str, *, code: str = "") -> None:
        super().__init__(f"{sentence} {what_to_do}".strip())
        self.status = status
        self.sentence = sentence
        self.what_to_do = what_to_do
        self.code = code
        """The problem's code, where the API answered one."""


class Terminated(BaseException):
    """SIGTERM has come. Not an Exception: nothing but the end of the command may catch it."""


class Interruptible(click.Command):
    """A command whose every ending is one of `Exit`."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  click's signature
        """Run the command and translate how it ends."""
        as_json = bool(ctx.params.get("as_json"))
        survive_narrow_encodings()
        with sigterm_raises():
            try:
                return super().invoke(ctx)
            except CommandFailed as failed:
                tell(failed, as_json=as_json)
                ctx.exit(failed.status)
            except KeyboardInterrupt:
                ctx.exit(Exit.INTERRUPTED)
            except Terminated:
                ctx.exit(Exit.TERMINATED)
            except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
                raise  # click knows what to do
            except Exception as error:  # noqa: BLE001  no traceback may reach a user
                _tell_broken(error, as_json=as_json)
                ctx.exit(Exit.BROKEN)


def tell(failed: CommandFailed, *, as_json: bool) -> None:
    """Say on standard error what went wrong: one line for people, or one JSON object."""
    if as_json:
        told = {
            "exit_status": int(failed.status),
            "code": failed.code or failed.status.name.lower(),
            "sentence": without_typed_secrets(failed.sentence),
            "what_to_do": without_typed_secrets(failed.what_to_do),
        }
        click.echo(msgspec.json.encode({"error": told}).decode(), err=True)
    else:
        click.echo(f"linkwright: {without_typed_secrets(str(failed))}", err=True)


def _tell_broken(error: Exception, *, as_json: bool) -> None:
    if sys.flags.dev_mode:  # `python -X dev` or PYTHONDEVMODE=1: whoever asks for it may see it
        raise error
    tell(
        CommandFailed(
            Exit.BROKEN,
            f"This is a fault of Linkwright itself ({type(error).__name__}: {error}).",
            "Please report it, with what PYTHONDEVMODE=1 shows when you run the command again.",
        ),
        as_json=as_json,
    )


def survive_narrow_encodings() -> None:
    """Write `?` for what the terminal's encoding lacks, instead of ending with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


@contextmanager
def sigterm_raises() -> Generator[None]:
    """Make SIGTERM unwind the command, so that it leaves the terminal as it found it."""

    def stop(_: int, __: FrameType | None) -> NoReturn:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: whoever runs us there has its own ways
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
