"""The simulated phone and the scenes over HTTP. Every route needs the control token."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.params import JSONBody

from adapters.sandbox import phone
from adapters.sandbox import protocol as say
from adapters.sandbox.accounts import Account, PhoneMessage, Removed
from adapters.sandbox.connection import PageConnection
from adapters.sandbox.page import AccountName, AllAccounts
from adapters.sandbox.refusals import InvalidParameters, NoPage, UnknownScene
from adapters.sandbox.requests import Body, Name, Outcome, PhoneNumber, known_account
from adapters.sandbox.scenes import ACCOUNT_BAN_S, SCENES, TABLE, BanForm, Scene, Seconds


class SceneChoice(Body, frozen=True):
    """For the next `times` loads of the page; null: until another scene is chosen."""

    name: str
    params: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    times: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = 1


class Scan(Body, frozen=True):
    """`qr` is the text that was handed out; without it the phone looks at what is on show."""

    phone_number: PhoneNumber
    qr: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    name: Name = "Sandbox phone"


class PairingCodeEntry(Body, frozen=True):
    code: Annotated[str, msgspec.Meta(min_length=8, max_length=16)]
    phone_number: PhoneNumber
    name: Name = "Sandbox phone"


class PhoneLogout(Body, frozen=True):
    reason: Removed = "unknown_companion"


class PasskeyAnswer(Body, frozen=True):
    answer: Literal["approve", "deny"]


class Event(Body, frozen=True, tag_field="kind"):
    pass


class ConflictEvent(Event, frozen=True, tag="conflict"):
    pass


class BannedEvent(Event, frozen=True, tag="banned"):
    form: BanForm = "temporary"
    expires_in_s: Annotated[int, msgspec.Meta(ge=0)] = ACCOUNT_BAN_S


class OutdatedEvent(Event, frozen=True, tag="outdated"):
    pass


class DropEvent(Event, frozen=True, tag="drop"):
    """Connections end at once; pages are refused for `for_s` real seconds."""

    for_s: Seconds = 0


class SecretEvent(Event, frozen=True, tag="companion_reg_refresh"):
    pass


class LoggedOutEvent(Event, frozen=True, tag="logged_out"):
    reason: Removed = "unknown_companion"


class MisbehaveEvent(Event, frozen=True, tag="misbehave"):
    how: Literal["crash", "hang", "fall_silent"]


ServerEvent = (
    ConflictEvent
    | BannedEvent
    | OutdatedEvent
    | DropEvent
    | SecretEvent
    | LoggedOutEvent
    | MisbehaveEvent
)


class ParameterView(msgspec.Struct, frozen=True):
    name: str
    default: Any


class SceneView(msgspec.Struct, frozen=True):
    name: str
    sentence: str
    params: list[ParameterView]


class ScenesView(msgspec.Struct, frozen=True):
    scenes: list[SceneView]


class ChosenSceneView(msgspec.Struct, frozen=True):
    name: str
    params: dict[str, Any]
    times_left: int | None


class PageView(msgspec.Struct, frozen=True, kw_only=True):
    """One open page as the server sees it. The code's text is never in here."""

    scene: str
    socket: str
    mode: str | None
    info: str
    code_on_show: bool
    pairing_code_on_show: bool
    awaits_passkey: bool
    logged_in: bool


class DeviceView(msgspec.Struct, frozen=True):
    device_id: str
    phone_number: str
    name: str


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    scene: ChosenSceneView
    phone_online: bool
    pages: list[PageView]
    conflicts: int
    """How often a page lost its place to another one that logged in on the same device."""
    linked_devices: list[DeviceView]
    messages: list[PhoneMessage]


class Removals(msgspec.Struct, frozen=True):
    removed_devices: int


class SceneList(Controller):
    path = "/control/scenes"

    @get()
    async def list_scenes(self) -> ScenesView:
        return ScenesView([_describe(scene) for scene in TABLE])


class AccountControl(Controller):
    path = "/control/accounts/{account:str}"

    @get()
    async def look(self, account: AccountName, accounts: AllAccounts) -> AccountView:
        return _view(known_account(accounts, account))

    @delete(status_code=204)
    async def forget(self, account: AccountName, accounts: AllAccounts) -> None:
        accounts.forget(known_account(accounts, account).name)

    @put("/scene")
    async def choose_scene(
        self, account: AccountName, data: JSONBody[SceneChoice], accounts: AllAccounts
    ) -> ChosenSceneView:
        if data.name not in SCENES:
            raise UnknownScene(f"There are: {', '.join(SCENES)}.")
        try:
            accounts.choose_scene(account, data.name, data.params, data.times)
        except msgspec.ValidationError as problem:
            raise InvalidParameters(f"{data.name}: {problem}") from problem
        return ChosenSceneView(data.name, data.params, data.times)

    @post("/phone/scan", status_code=200)
    async def scan(
        self, account: AccountName, data: JSONBody[Scan], accounts: AllAccounts
    ) -> Outcome:
        known = known_account(accounts, account)
        number = data.phone_number.lstrip("+")
        return Outcome(await phone.scan(accounts, known, data.qr, number, data.name))

    @post("/phone/enter-pairing-code", status_code=200)
    async def enter_pairing_code(
        self,
        account: AccountName,
        data: JSONBody[PairingCodeEntry],
        accounts: AllAccounts,
    ) -> Outcome:
        known = known_account(accounts, account)
        number = data.phone_number.lstrip("+")
        return Outcome(await phone.enter_pairing_code(known, data.code, number, data.name))

    @post("/phone/reject", status_code=200)
    async def reject(self, account: AccountName, accounts: AllAccounts) -> Outcome:
        await phone.reject(known_account(accounts, account))
        return Outcome("rejected")

    @post("/phone/logout", status_code=200)
    async def log_out(
        self,
        account: AccountName,
        accounts: AllAccounts,
        data: JSONBody[PhoneLogout | None] = None,
    ) -> Removals:
        reason = (data or PhoneLogout()).reason
        return Removals(phone.log_out(known_account(accounts, account), reason))

    @post("/phone/offline", status_code=200)
    async def go_offline(self, account: AccountName, accounts: AllAccounts) -> Outcome:
        phone.go_offline(known_account(accounts, account))
        return Outcome("offline")

    @post("/phone/online", status_code=200)
    async def go_online(self, account: AccountName, accounts: AllAccounts) -> Outcome:
        phone.go_online(known_account(accounts, account))
        return Outcome("online")

    @post("/phone/passkey", status_code=200)
    async def answer_passkey(
        self,
        account: AccountName,
        data: JSONBody[PasskeyAnswer],
        accounts: AllAccounts,
    ) -> Outcome:
        phone.answer_passkey(known_account(accounts, account), approved=data.answer == "approve")
        return Outcome(data.answer)

    @post("/server/event", status_code=200)
    async def happen(
        self, account: AccountName, data: JSONBody[ServerEvent], accounts: AllAccounts
    ) -> Response[Outcome]:
        known = known_account(accounts, account)
        if not known.connections:
            raise NoPage("No page of this account is open, so nothing can happen to it.")
        _happen(known, data)
        return Response(Outcome("done"))


def _happen(account: Account, event: ServerEvent) -> None:
    match event:
        case ConflictEvent():
            for page in account.usable:
                page.device_id = None
                page.send(say.Conflict())
        case BannedEvent():
            banned = say.Banned(form=event.form, expires_in_s=event.expires_in_s)
            account.tell(account.connections, banned)
        case OutdatedEvent():
            account.tell(account.connections, say.Outdated())
        case DropEvent():
            account.refuses_pages_until = asyncio.get_running_loop().time() + event.for_s
            for page in list(account.connections):
                page.hang_up()
        case SecretEvent():
            account.tell(account.connections, say.AdvSecretRetired())
        case LoggedOutEvent():
            phone.log_out(account, event.reason)
        case MisbehaveEvent():
            account.tell(account.connections, say.Misbehave(how=event.how))


def _describe(scene: Scene) -> SceneView:
    defaults = msgspec.to_builtins(scene.parameters())
    return SceneView(
        scene.name,
        scene.sentence,
        [ParameterView(name, default) for name, default in defaults.items()],
    )


def _view(account: Account) -> AccountView:
    scene = account.scene
    return AccountView(
        account=account.name,
        scene=ChosenSceneView(scene.name, scene.parameters, scene.times_left)
        if scene
        else ChosenSceneView("normal", {}, None),
        phone_online=account.phone_online,
        pages=[_page(one) for one in account.connections],
        conflicts=account.conflicts,
        linked_devices=[
            DeviceView(one.device_id, one.phone_number, one.name) for one in account.devices
        ],
        messages=list(account.messages),
    )


def _page(connection: PageConnection) -> PageView:
    return PageView(
        scene=connection.scene,
        socket=connection.state.socket,
        mode=connection.state.mode,
        info=connection.state.info,
        code_on_show=connection.shown is not None,
        pairing_code_on_show=connection.pairing_code is not None,
        awaits_passkey=connection.pairing.awaits_passkey,
        logged_in=connection.device_id is not None,
    )
