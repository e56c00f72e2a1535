"""What can go wrong with a server of our own. Every sentence says what to do.

PostgresServerError
├── ProgramsMissing        no PostgreSQL that this account can run
├── NoFittingClient        no pg_dump, pg_restore and psql that fit the server
├── AccountUnusable        root has nobody to become, or this user has no name
├── FolderUnusable         the data folder cannot be made, entered or owned
├── AlreadyRunning         another process serves this data folder
├── NotAllCopied           an upgrade's copy differs from the data (upgrade.py)
├── ClusterTooDifferent    the data was written by another major version
└── ServerFailed           PostgreSQL itself said no, or took too long
"""

from pathlib import Path


class PostgresServerError(Exception):
    """A server of our own cannot be had. Setting DATABASE_URL always avoids the need for one."""


class ProgramsMissing(PostgresServerError):
    def __init__(self, account_name: str, tried: list[str]) -> None:
        found = "; ".join(tried) or "none was found"
        super().__init__(
            f"There is no PostgreSQL that user {account_name!r} can run ({found}). Install "
            "PostgreSQL 15 or later, or set LINKWRIGHT_PG_BIN to the folder of its initdb and "
            "postgres programs, or set DATABASE_URL to a server that is there already."
        )
        self.tried = tried


class NoFittingClient(PostgresServerError):
    def __init__(self, server_major: int, archive_major: int, available: list[int]) -> None:
        needed = max(server_major, archive_major)
        of_what = (
            f"the backup was written by version {archive_major}"
            if archive_major > server_major
            else f"the server is of version {server_major}"
        )
        have = " and ".join(str(major) for major in available) or "none"
        super().__init__(
            f"pg_dump, pg_restore and psql of PostgreSQL {needed} or later are needed, because "
            f"{of_what}; found here: {have}. Install them (on Debian and Ubuntu the package "
            f"postgresql-client-{needed}), or set LINKWRIGHT_PG_BIN to their folder."
        )
        self.needed = needed
        self.available = available


class AccountUnusable(PostgresServerError):
    pass


class FolderUnusable(PostgresServerError):
    def __init__(self, folder: Path, why: str, advice: str) -> None:
        super().__init__(f"The data folder {folder} cannot be used: {why}. {advice}")
        self.folder = folder


class AlreadyRunning(PostgresServerError):
    def __init__(self, folder: Path, holder: str, pid: int | None) -> None:
        super().__init__(
            f"The data folder {folder} is in use by {holder}. Stop that first, or set "
            "LINKWRIGHT_DATA to another folder."
        )
        self.folder = folder
        self.pid = pid


class ClusterTooDifferent(PostgresServerError):
    def __init__(self, cluster: Path, cluster_major: int, available: list[int]) -> None:
        have = " and ".join(str(major) for major in available) or "no version"
        super().__init__(
            f"The database in {cluster} was written by PostgreSQL {cluster_major}, and {have} is "
            f"available here. Install PostgreSQL {cluster_major}, or set LINKWRIGHT_PG_BIN to its "
            "programs, or move the data as docs/how-to/upgrade-postgresql.md says."
        )
        self.cluster_major = cluster_major
        self.available = available


class ServerFailed(PostgresServerError):
    def __init__(self, what: str, words: str, log: Path) -> None:
        said = f" It said: {words}." if words else ""
        super().__init__(f"{what}.{said} The whole log is {log}.")
        self.log = log
