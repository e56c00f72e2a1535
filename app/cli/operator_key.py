"""The operator's own key: whoever may read the master key on this machine needs no other."""

from collections.abc import Mapping

from adapters.keys import VARIABLE, KeyUnusable, load_keys
from app.cli.ending import CommandFailed, Exit
from app.settings import Settings


def operator_key(environment: Mapping[str, str], settings: Settings) -> str | None:
    """Derive the key; None where there is no master key yet. The master key is never made here.

    A master key that is there and cannot be used is a CommandFailed.
    """
    if not environment.get(VARIABLE) and not _is_there(settings):
        return None
    try:
        return load_keys(environment, settings.key_file).operator
    except KeyUnusable as error:
        raise CommandFailed(Exit.KEY, str(error), "Or give an API key of your own.") from error


def _is_there(settings: Settings) -> bool:
    try:
        return settings.key_file.exists()
    except OSError:  # the folder is somebody else's
        return False
