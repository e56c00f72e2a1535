"""Which version of Chromium wrote a session, so that no older one opens it.

An older one takes the newer's IndexedDB for damaged and deletes it: the link would be lost. This
happened from 156 to 140, and not in the other direction.
"""

from pathlib import Path

from adapters.browser.session_pack import WRITTEN_BY, SessionTooLarge, look_at


def written_by(profile: Path) -> int | None:
    """Give the major version; 0 when there is no session, None when nobody has noted it."""
    try:
        return int((profile / WRITTEN_BY).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        pass
    try:
        return None if look_at(profile) else 0
    except SessionTooLarge:
        return None


def note_writer(profile: Path, version: str) -> None:
    """Note the version that is to open the profile, before it does."""
    path = profile / WRITTEN_BY
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(str(major(version)), encoding="ascii")


def major(version: str) -> int:
    """Give the first number of "156.0.8078.79"."""
    return int(version.partition(".")[0])
