"""An error says again what was typed, but no secret: errors are kept, and sent to others."""

import re
from collections.abc import Generator
from contextlib import contextmanager

import click

from projections.secret_words import REMOVED, without_secrets

PASSWORD = re.compile(r"(:/{1,2})[^\s/'\"]+(?=@)")
"""What stands before the host of an address; as a path it has lost a slash."""


def without_typed_secrets(sentence: str) -> str:
    """Cut out of a sentence what looks like a key, a code, or the password of an address."""
    return without_secrets(PASSWORD.sub(rf"\1{REMOVED}", sentence))


@contextmanager
def no_secret_is_said_again() -> Generator[None]:
    """Cut them out of what click says of a line that was typed wrong."""
    try:
        yield
    except click.ClickException as error:
        said = error.format_message()
        safe = without_typed_secrets(said)
        if safe == said:
            raise
        context = error.ctx if isinstance(error, click.UsageError) else None
        raise click.UsageError(safe, context) from None
