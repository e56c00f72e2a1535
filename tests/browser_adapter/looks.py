"""Looks at a page as the bridge reports them, in the order of a link, and a reader of them."""

from msgspec.structs import replace

from adapters.browser.interpret import interpret
from adapters.browser.snapshot import Code, Me, PageSnapshot
from adapters.browser.view import Context, View
from domain.events import Method
from domain.observations import (
    Observation,
    RecordLogout,
    RecordPage,
    RecordProblem,
    RecordSyncProgress,
)
from tests.examples import ATTEMPT, PHONE, at

CODE_1 = Code(text="https://wa.me/x#ref-1,noise,identity,adv-1,1", ref="ref-1", source="page")
CODE_2 = Code(text="https://wa.me/x#ref-2,noise,identity,adv-1,1", ref="ref-2", source="page")
CODE_3 = Code(text="https://wa.me/x#ref-3,noise,identity,adv-1,1", ref="ref-3", source="page")
CODE_1_ROTATED = Code(
    text="https://wa.me/x#ref-1,noise,identity,adv-2,1", ref="ref-1", source="page"
)

LOADING = PageSnapshot(phase="loading")
LOADED = PageSnapshot(phase="loading", loaded=True)
OPENING = PageSnapshot(phase="running", loaded=True, info="OPENING", socket="OPENING")
UNPAIRED = replace(OPENING, mode="QR", info="NORMAL", socket="UNPAIRED")
SHOWING_1 = replace(UNPAIRED, code=CODE_1)
SHOWING_2 = replace(UNPAIRED, code=CODE_2)
SHOWING_3 = replace(UNPAIRED, code=CODE_3)
SHOWING_1_ROTATED = replace(UNPAIRED, code=CODE_1_ROTATED)
IDLE = replace(UNPAIRED, socket="UNPAIRED_IDLE")
PAIRING = replace(SHOWING_1, info="PAIRING", socket="PAIRING")
PAIRED = replace(OPENING, mode="QR", authenticated=True)
SYNCING = replace(
    OPENING,
    mode="SYNCING",
    info="SYNCING",
    socket="CONNECTED",
    authenticated=True,
    sync_percent=20,
)
SYNCING_MORE = replace(SYNCING, sync_percent=60)
NUMBERLESS = replace(SYNCING, mode="MAIN", info="NORMAL", sync_percent=None)
MAIN = replace(NUMBERLESS, me=Me(phone=PHONE, name="Ayu", platform="android"))
OFFLINE = replace(MAIN, mode="OFFLINE", info="OFFLINE", socket="OPENING")
PHONE_SILENT = replace(OFFLINE, socket="TIMEOUT")
CONFLICT = replace(MAIN, mode="CONFLICT", info="OFFLINE", socket="CONFLICT")
LEFT = PageSnapshot(phase="loading", loaded=True, left="unknown_companion")
LEFT_AND_SHOWING = replace(SHOWING_1, left="unknown_companion")
TO_QR = (LOADED, SHOWING_1)
TO_SCAN = (*TO_QR, PAIRING)
TO_READY = (*TO_SCAN, SYNCING, MAIN)
TO_SESSION = (LOADED, SYNCING)


def fake_fingerprint(kind: str, text: str) -> str:
    """Stand in for the keyed one: it only has to tell texts apart."""
    return f"{kind}:{text}"


class Reader:
    """Interprets looks one after the other; by default a second apart and on one page."""

    def __init__(
        self, method: Method = "qr", *, code_life_scale: float = 1.0, jitter: float = 0.5
    ) -> None:
        self.view = View()
        self.now_s = 0.0
        self._method: Method = method
        self._code_life_scale = code_life_scale
        self._jitter = jitter

    def look(
        self,
        snapshot: PageSnapshot,
        *,
        boot: str = "page-1",
        after_s: float = 1.0,
        late_s: float = 0.0,
        logout_asked: bool = False,
    ) -> list[Observation]:
        """Return what one look gives to record."""
        self.now_s += after_s
        context = Context(
            at=at(self.now_s),
            seen_at=at(self.now_s - late_s),
            now_s=self.now_s,
            attempt=ATTEMPT,
            boot=boot,
            fingerprint=fake_fingerprint,
            method=self._method,
            code_life_scale=self._code_life_scale,
            logout_asked=logout_asked,
            jitter=self._jitter,
        )
        self.view, seen = interpret(self.view, snapshot, context)
        return seen

    def looks(self, *snapshots: PageSnapshot, boot: str = "page-1") -> list[Observation]:
        """Return what several looks give to record."""
        return [seen for snapshot in snapshots for seen in self.look(snapshot, boot=boot)]


def brief(observation: Observation) -> str:
    """Word an observation for a table: its kind, and what tells it from others of its kind."""
    name = type(observation).__name__.removeprefix("Record")
    match observation:
        case RecordPage(phase=phase):
            return f"{name} {phase}"
        case RecordProblem(reason=reason):
            return f"{name} {reason.value}"
        case RecordLogout(by=by):
            return f"{name} {by}"
        case RecordSyncProgress(percent=percent):
            return f"{name} {percent}"
        case _:
            return name
