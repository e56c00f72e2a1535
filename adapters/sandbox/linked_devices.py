"""The devices that phones have linked. They survive a restart of the sandbox."""

import hashlib
import hmac
import os
import tempfile
from pathlib import Path

import msgspec

PRIVATE_FILE = 0o600


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One linked browser. `token_digest` is the SHA-256 of the login token, in hexadecimal."""

    device_id: str
    token_digest: str
    phone_number: str
    lid: str
    name: str

    def accepts(self, token: str) -> bool:
        return hmac.compare_digest(self.token_digest, digest(token))


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class UnreadableState(ValueError):
    """The file of linked devices is damaged; without it every account would need a new scan."""


Contents = dict[str, dict[str, Device]]  # account -> device id -> device


class LinkedDevices:
    """Every change is on disk before it is answered; a reader never sees half a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._contents: Contents = {}
        if file.exists():
            try:
                self._contents = msgspec.json.decode(file.read_bytes(), type=Contents)
            except msgspec.DecodeError as problem:
                raise UnreadableState(
                    f"{file} cannot be read ({problem}). Restore it, or remove it and link again."
                ) from problem

    def of(self, account: str) -> list[Device]:
        return list(self._contents.get(account, {}).values())

    def find(self, account: str, device_id: str) -> Device | None:
        return self._contents.get(account, {}).get(device_id)

    def keep(self, account: str, device: Device) -> None:
        self._contents.setdefault(account, {})[device.device_id] = device
        self._save()

    def remove(self, account: str, device_id: str) -> bool:
        removed = self._contents.get(account, {}).pop(device_id, None)
        if removed is None:
            return False
        self._save()
        return True

    def forget(self, account: str) -> None:
        if self._contents.pop(account, None) is not None:
            self._save()

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=f".{self._file.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(self._contents))
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(PRIVATE_FILE)
            Path(name).replace(self._file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
