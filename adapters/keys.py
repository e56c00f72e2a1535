"""The master key, and the keys that are derived from it, one for each purpose.

Whoever has the master key and the database can read what is sealed; with one of the two alone
nobody can. It comes from LINKWRIGHT_MASTER_KEY or from a file that is made on the first start.
"""

import base64
import binascii
import contextlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VARIABLE = "LINKWRIGHT_MASTER_KEY"
KEY_BYTES = 32
FINGERPRINT_BYTES = 16
"""128 bits: two of a billion fingerprints are equal with a chance of 10**-21."""
MAKE_ONE = "python3 -c 'import base64,os; print(base64.b64encode(os.urandom(32)).decode())'"


class KeyUnusable(Exception):
    """The master key cannot be used; the sentence says why and what to do, and never the key."""


class Keys:
    """Sub-keys of one master key (HKDF-SHA256, a label each); never printed."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise KeyUnusable(f"A master key has {KEY_BYTES} bytes, not {len(master)}.")
        self.sealing = _derive(master, b"linkwright/vault/1")
        self.wrapping_account_keys = _derive(master, b"linkwright/account-keys/1")
        self.fingerprinting = _derive(master, b"linkwright/fingerprint/1")
        self.hashing_api_keys = _derive(master, b"linkwright/api-key/1")
        self.sandbox_control = _derive(master, b"linkwright/sandbox-control/1").hex()
        """The token that the sandbox's control routes ask for."""
        self.recognising_requests = _derive(master, b"linkwright/idempotency/1")
        self.sealing_webhooks = _derive(master, b"linkwright/webhooks/1")
        self.page_sessions = _derive(master, b"linkwright/page-session/1")
        self.operator = "lwo_" + _derive(master, b"linkwright/operator/1").hex()
        """Opens the API to whoever may read the master key on this machine anyway."""

    def __repr__(self) -> str:
        """Keep the keys out of tracebacks and logs."""
        return "Keys()"

    def fingerprint(self, text: str) -> str:
        """Give the keyed fingerprint of a code or phone number."""
        return fingerprint(self.fingerprinting, text)


def fingerprint(key: bytes, text: str) -> str:
    """Give a text's keyed HMAC-SHA256, cut to 16 bytes, as 32 hexadecimal digits."""
    data = text.encode("utf-8", "surrogatepass")
    return hmac.digest(key, data, "sha256")[:FINGERPRINT_BYTES].hex()


def load_keys(environment: Mapping[str, str], key_file: Path) -> Keys:
    """Take the master key from the environment, else from the file, which is made if absent.

    Raises KeyUnusable.
    """
    given = environment.get(VARIABLE)
    if given:
        return Keys(_decode(given, f"The environment variable {VARIABLE}"))
    if not key_file.exists():
        _create(key_file)
    return Keys(_read(key_file))


def _derive(master: bytes, label: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label).derive(master)


def _decode(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyUnusable(
            f"{where} does not hold {KEY_BYTES} bytes in base64. Make one: {MAKE_ONE}"
        )
    return key


def _create(key_file: Path) -> None:
    """Make the file whole or not at all; of two processes one wins and both read the same key."""
    draft = key_file.with_name(f"{key_file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    text = base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, key_file)
            _sync_folder(key_file.parent)
        finally:
            draft.unlink()
    except OSError as error:
        raise KeyUnusable(
            f"The master key cannot be written to {key_file}: {error.strerror}. Make the folder"
            f" writable, or set {VARIABLE}."
        ) from error


def _sync_folder(folder: Path) -> None:
    # The file's name has to survive a power failure as its content does: all that is sealed hangs
    # on it.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(key_file: Path) -> bytes:
    try:
        with key_file.open("rb") as file:
            state = os.fstat(file.fileno())
            text = file.read(1024)
    except OSError as error:
        raise KeyUnusable(
            f"The master key in {key_file} cannot be read: {error.strerror}."
        ) from error
    if stat.S_IMODE(state.st_mode) & 0o077:
        raise KeyUnusable(
            f"Others may read the master key in {key_file}. If nobody has, close it:"
            f" chmod 600 {key_file}"
        )
    if state.st_uid not in (os.geteuid(), 0):
        raise KeyUnusable(f"The master key in {key_file} belongs to another user.")
    return _decode(text.decode("ascii", "replace"), f"The file {key_file}")
