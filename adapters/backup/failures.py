"""What can go wrong with a backup. Every sentence says what to do.

BackupError
├── BackupUnusable         the file is none of ours, damaged, or made by a newer build
├── FileUnusable           the file cannot be written or read here
├── DatabaseUnfit          the database cannot be backed up by this build
├── TargetRefused          the database may not be replaced: not empty, in use, or not only ours
└── ProgramFailed          pg_dump, pg_restore or psql did not do it
"""

from pathlib import Path


class BackupError(Exception):
    """Nothing was replaced: neither the file nor the database."""


class BackupUnusable(BackupError):
    def __init__(self, file: Path, why: str, advice: str = "") -> None:
        super().__init__(f"{file} {why}. Nothing was restored. {advice}".strip())
        self.file = file


class FileUnusable(BackupError):
    def __init__(self, file: Path, why: str, advice: str) -> None:
        super().__init__(f"{file} cannot be used: {why}. {advice}")
        self.file = file


class DatabaseUnfit(BackupError):
    pass


class TargetRefused(BackupError):
    pass


class ProgramFailed(BackupError):
    def __init__(self, name: str, status: int, words: str) -> None:
        how = f"was ended by signal {-status}" if status < 0 else f"failed (exit status {status})"
        said = f": {words}" if words else ""
        super().__init__(f"{name} {how}{said}. Nothing was replaced; the command can be repeated.")
        self.name = name
        self.status = status
