"""For commands that ask the database itself: its settings, its key, and what can go wrong."""

import os
from collections.abc import Generator
from contextlib import contextmanager

from adapters.event_log.errors import RebuildRefused, StorageUnavailable
from adapters.keys import VARIABLE, Keys, KeyUnusable, load_keys
from app.cli.ending import CommandFailed, Exit
from app.cli.verify import away
from app.dispatch import TooBusy
from app.settings import Settings, SettingsError, read_settings


def own_settings() -> Settings:
    """Read the settings of the environment."""
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        raise CommandFailed(Exit.USAGE, f"{error}.", "Correct it, or unset it.") from error


def own_keys(settings: Settings) -> Keys:
    """Load the master key; one is never made here, for it would open nothing."""
    if not os.environ.get(VARIABLE) and not settings.key_file.exists():
        raise CommandFailed(
            Exit.KEY,
            f"There is no master key in {settings.key_file}, and {VARIABLE} is not set.",
            "Put the key there that belongs to this data, or set LINKWRIGHT_DATA.",
        )
    return load_keys(os.environ, settings.key_file)


@contextmanager
def database_failing(settings: Settings) -> Generator[None]:
    """Translate what can go wrong into a sentence and an exit status."""
    try:
        yield
    except KeyUnusable as error:
        raise CommandFailed(Exit.KEY, str(error), "") from error
    except RebuildRefused as error:
        raise CommandFailed(Exit.REFUSED, str(error), "Nothing was changed.") from error
    except TooBusy as error:
        raise CommandFailed(Exit.REFUSED, f"{error}.", "") from error
    except StorageUnavailable as error:
        raise away(settings, error) from error
