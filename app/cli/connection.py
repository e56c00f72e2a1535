"""Where the service is and which key opens it: from the environment, an option, or this machine."""

import os
import stat
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from app.cli.ending import CommandFailed, Exit
from app.cli.operator_key import operator_key
from app.settings import Settings, SettingsError, read_settings

URL_VARIABLE = "LINKWRIGHT_URL"
KEY_VARIABLE = "LINKWRIGHT_API_KEY"


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach the service."""

    url: str
    """Base address, without a slash at its end."""
    key: str
    key_from: str
    """Where the key was found, for the sentence that says it is wrong. Never the key itself."""


def find_connection(environment: Mapping[str, str], key_file: Path | None) -> Connection:
    """Find address and key; CommandFailed says what is missing.

    The operator's own key is sent to this machine only: on its way elsewhere others could take it.
    """
    url = find_url(environment)
    if key_file is not None:
        return _given(url, _read_key(key_file), f"the file {key_file}")
    given = environment.get(KEY_VARIABLE, "").strip()
    if given:
        return _given(url, given, KEY_VARIABLE)
    if is_loopback(url):
        settings = _settings(environment)
        key = operator_key(environment, settings)
        if key is not None:
            return Connection(url=url, key=key, key_from=f"the data folder {settings.data}")
    raise CommandFailed(
        Exit.KEY,
        "No API key is given, and there is none in a data folder of yours here.",
        f"Set {KEY_VARIABLE}, or give --key-file; `./linkwright up` prints the first key once.",
    )


def _given(url: str, key: str, key_from: str) -> Connection:
    """Take a key that no header can hold for what it is: a mistake, such as a pasted sentence."""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CommandFailed(
            Exit.KEY,
            f"What {key_from} holds is no API key.",
            "A key is one word of letters and digits that begins with lw_.",
        )
    return Connection(url=url, key=key, key_from=key_from)


def find_url(environment: Mapping[str, str]) -> str:
    """Give the service's address: LINKWRIGHT_URL, or where `./linkwright up` listens here."""
    given = environment.get(URL_VARIABLE, "").strip()
    if not given:
        return _settings(environment).url
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise CommandFailed(
            Exit.USAGE,
            f"{URL_VARIABLE} is {given!r}, which is no address.",
            "Set it to one such as http://127.0.0.1:8700, or unset it.",
        )
    return given.rstrip("/")


def is_loopback(url: str) -> bool:
    """Tell whether the address leads to this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _settings(environment: Mapping[str, str]) -> Settings:
    try:
        return read_settings(environment)
    except SettingsError as error:
        raise CommandFailed(Exit.USAGE, f"{error}.", "Correct it, or unset it.") from error


def _read_key(path: Path) -> str:
    try:
        _warn_if_open(path)
        lines = path.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise CommandFailed(
            Exit.KEY,
            f"The key file {path} cannot be read ({reason}).",
            "Give a readable file that holds the key and nothing else.",
        ) from error
    if len(lines) != 1:
        raise CommandFailed(
            Exit.KEY,
            f"The key file {path} does not hold exactly one key.",
            "Put the key into it and nothing else.",
        )
    return lines[0]


def _warn_if_open(path: Path) -> None:
    """Refuse nothing, but say it: a key that others can read is no secret."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH) and os.name == "posix":
        warning = f"linkwright: Other users can read {path}; `chmod 600` keeps it to you."
        click.echo(warning, err=True)
