"""What the stand-in knows of each account: its scene, open pages, phone, devices and messages."""

import asyncio
import secrets
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from adapters.sandbox.linked_devices import Device, LinkedDevices
from adapters.sandbox.protocol import File, LoggedOut, Message
from adapters.sandbox.refusals import TooManyAccounts
from adapters.sandbox.scenes import SCENES, Behaviour
from adapters.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from adapters.sandbox.connection import PageConnection

MOST_ACCOUNTS = 1000  # each costs a few kB; a limit all the same
KEPT_VISITS = 20  # pages of one account whose document was served; older ones are closed by now
KEPT_REFS = 600  # to tell an old code from one that never was: 100 sets of six
KEPT_MESSAGES = 50
STAYS_DROPPED_S = 0.5
"""How long a page that was dropped stays away. Chromium silently asks again, milliseconds later,
when it had opened the connection in advance; that load is the same one."""
READ = 3  # the last ack of a text message

Removed = Literal["unknown_companion", "account_locked"]


class ChosenScene(msgspec.Struct, kw_only=True):
    """`times_left` page loads still get it; None: all of them, until another is chosen."""

    name: str
    parameters: dict[str, object]
    behaviour: Behaviour
    times_left: int | None


class PageVisit(msgspec.Struct, kw_only=True):
    """One load of the page. A reconnect of its socket belongs to the same visit."""

    page_id: str
    scene: str
    behaviour: Behaviour
    linked_here: set[str] = msgspec.field(default_factory=set[str])
    sets_of_codes: int = 0
    mishap_began: bool = False


class PhoneMessage(msgspec.Struct, kw_only=True):
    """As the phone sees it. `ack`: 0 sending, 1 sent, 2 delivered, 3 read. `at`: Unix seconds."""

    id: str
    direction: Literal["in", "out"]
    peer: str
    name: str = ""
    """What the other one calls itself, if it wrote to us."""
    text: str
    file: File | None = None
    ack: int
    at: int
    on_page: bool = True
    """A page of the account has it."""


class Account:
    def __init__(self, name: str, devices: LinkedDevices) -> None:
        self.name = name
        self.scene: ChosenScene | None = None
        self.phone_online = True
        self.conflicts = 0  # pages that lost their place to another one
        self.refuses_pages_until = 0.0  # on the event loop's clock
        self._dropped: PageVisit | None = None
        self._dropped_until = 0.0  # as above
        self.connections: list[PageConnection] = []
        self.visits: dict[str, PageVisit] = {}
        self.old_refs: deque[str] = deque(maxlen=KEPT_REFS)
        self.used_refs: deque[str] = deque(maxlen=KEPT_REFS)
        self.messages: deque[PhoneMessage] = deque(maxlen=KEPT_MESSAGES)
        self._devices = devices

    def play(self, scene: ChosenScene) -> None:
        """What comes next gets this scene, also when the last one was dropped just now."""
        self.scene, self._dropped = scene, None

    def visit(self) -> PageVisit:
        """The page is being loaded: it gets the scene, which is used up by one load."""
        now = asyncio.get_running_loop().time()
        if self._dropped and now < self._dropped_until:
            return self._dropped
        scene = self.scene
        name, behaviour = (scene.name, scene.behaviour) if scene else ("normal", Behaviour())
        if scene and scene.times_left is not None:
            scene.times_left -= 1
            if scene.times_left == 0:
                self.scene = None
        visit = PageVisit(page_id=secrets.token_urlsafe(12), scene=name, behaviour=behaviour)
        self.visits[visit.page_id] = visit
        for page_id in list(self.visits)[:-KEPT_VISITS]:
            del self.visits[page_id]
        if behaviour.document == "dropped":
            self._dropped, self._dropped_until = visit, now + STAYS_DROPPED_S
        return visit

    def visited(self, page_id: str) -> PageVisit:
        """A page that outlived the sandbox's process keeps its id and goes on as normal."""
        return self.visits.setdefault(
            page_id, PageVisit(page_id=page_id, scene="normal", behaviour=Behaviour())
        )

    @property
    def devices(self) -> list[Device]:
        return self._devices.of(self.name)

    def device(self, device_id: str) -> Device | None:
        return self._devices.find(self.name, device_id)

    def keep_device(self, device: Device) -> None:
        self._devices.keep(self.name, device)

    def remove_device(self, device_id: str, reason: str) -> None:
        self._devices.remove(self.name, device_id)
        self.tell(
            (one for one in self.connections if one.device_id == device_id),
            LoggedOut(reason=reason),
        )

    def message(self, message_id: str) -> PhoneMessage | None:
        return next((one for one in self.messages if one.id == message_id), None)

    def awaiting_receipts(self) -> list[PhoneMessage]:
        """Taken, and not read yet: the page that comes back hears of the rest."""
        return [one for one in self.messages if one.direction == "out" and one.ack < READ]

    def tell(self, connections: Iterable["PageConnection"], message: Message) -> None:
        for connection in list(connections):
            connection.send(message)

    @property
    def usable(self) -> list["PageConnection"]:
        """Pages that are logged in."""
        return [one for one in self.connections if one.device_id is not None]


class Accounts:
    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self._devices = LinkedDevices(settings.state_file)
        self._accounts: dict[str, Account] = {}

    def known(self, name: str) -> Account | None:
        """An account exists once its page was asked for, a scene was set, or a device is kept."""
        if name in self._accounts or self._devices.of(name):
            return self.open(name)
        return None

    def open(self, name: str) -> Account:
        account = self._accounts.get(name)
        if account is not None:
            return account
        if len(self._accounts) >= MOST_ACCOUNTS:
            self._make_room()
        return self._accounts.setdefault(name, Account(name, self._devices))

    def _make_room(self) -> None:
        """Linked devices are in the file; what an idle account loses is its messages."""
        for account in self._accounts.values():
            if not account.connections and account.scene is None:
                del self._accounts[account.name]
                return
        raise TooManyAccounts(f"All of its {MOST_ACCOUNTS} accounts are in use; delete one.")

    def owner_of_ref(self, ref: str) -> str | None:
        for account in self._accounts.values():
            if ref in account.old_refs or any(ref in one.refs for one in account.connections):
                return account.name
        return None

    def forget(self, name: str) -> None:
        """Open pages are logged out or hung up on; nothing of the account stays."""
        account = self._accounts.pop(name, None)
        if account is not None:
            for device in account.devices:
                account.remove_device(device.device_id, "unknown_companion")
            for connection in list(account.connections):
                connection.hang_up()
        self._devices.forget(name)

    def choose_scene(
        self, name: str, scene: str, parameters: dict[str, object], times: int | None
    ) -> ChosenScene:
        """Raises KeyError for an unknown scene, msgspec.ValidationError for bad parameters."""
        behaviour = SCENES[scene].behaviour(parameters)
        chosen = ChosenScene(
            name=scene, parameters=parameters, behaviour=behaviour, times_left=times
        )
        self.open(name).play(chosen)
        return chosen


def refuses_now(account: Account) -> bool:
    return asyncio.get_running_loop().time() < account.refuses_pages_until
