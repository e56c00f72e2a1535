"""What the parts of `app` hand to each other; only app/processes/ makes one."""

import msgspec

from adapters.api_keys import ApiKeys
from adapters.event_log.database import Database
from adapters.event_log.interface import EventLog
from adapters.evidence_store import EvidenceStore
from adapters.keys import Keys
from adapters.vault import Vault
from app.dispatch import Dispatch
from app.settings import Settings
from app.snapshots import Snapshots


class Services(msgspec.Struct, frozen=True):
    """Everything that a request, a timer or a browser session may need."""

    settings: Settings
    database: Database
    log: EventLog
    dispatch: Dispatch
    vault: Vault
    api_keys: ApiKeys
    keys: Keys
    evidence: EvidenceStore
    snapshots: Snapshots | None = None
    """None: everything is folded from its beginning."""
