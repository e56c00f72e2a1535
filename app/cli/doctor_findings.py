"""What every check of the doctor is given, and what it finds."""

from collections.abc import Mapping

import msgspec

from app.settings import Settings


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks look at beside the machine itself."""

    environment: Mapping[str, str]
    settings: Settings
    serving: bool
    """Linkwright itself answers at the settings' address: its ports and folder are taken by it."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the doctor's report."""

    name: str
    ok: bool
    found: str
    what_to_do: str = ""


def well(name: str, found: str) -> Finding:
    """Report something as it should be."""
    return Finding(name=name, ok=True, found=found)


def problem(name: str, found: str, what_to_do: str) -> Finding:
    """Report a problem; `what_to_do` is one sentence."""
    return Finding(name=name, ok=False, found=found, what_to_do=what_to_do)
