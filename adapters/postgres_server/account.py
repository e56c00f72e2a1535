"""Whom the server runs as. PostgreSQL refuses root, so root becomes a user that exists already."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres_server.failures import AccountUnusable, FolderUnusable

# Best first: PostgreSQL's own user where a package has made one (macOS: _postgres), else the one
# user without rights that every system has. We never create one.
_UNPRIVILEGED = ("postgres", "_postgres", "nobody")


@dataclass(frozen=True)
class ServerAccount:
    name: str
    uid: int
    gid: int
    is_other: bool  # root has to become this user first


def own_name() -> str:
    """Return the name of the user we are, which PostgreSQL's peer authentication compares."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise AccountUnusable(
            f"User id {os.geteuid()} has no name on this system, and PostgreSQL insists on one. "
            "Run as a user listed in /etc/passwd, or set DATABASE_URL to a server elsewhere."
        ) from None


def server_account(cluster: Path) -> ServerAccount:
    """Choose the user to run the server as; the owner of data that is there already stays."""
    owner = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise FolderUnusable(
                cluster,
                f"it belongs to user {_name(owner.st_uid)}",
                "Start as that user or as root, or set LINKWRIGHT_DATA to a folder of your own.",
            )
        return ServerAccount(own_name(), os.geteuid(), os.getegid(), is_other=False)
    if owner is not None and owner.st_uid != 0:
        return ServerAccount(_name(owner.st_uid), owner.st_uid, owner.st_gid, is_other=True)
    return _somebody_unprivileged()


def _somebody_unprivileged() -> ServerAccount:
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return ServerAccount(name, entry.pw_uid, entry.pw_gid, is_other=True)
    raise AccountUnusable(
        "PostgreSQL does not run as root, and none of the users "
        f"{', '.join(_UNPRIVILEGED)} exists here. Start Linkwright as an ordinary user, or set "
        "DATABASE_URL to a server elsewhere."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
