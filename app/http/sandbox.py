"""The sandbox through the API: scenes, and the simulated phone of an account with `site: sandbox`.

The sandbox is a process of its own; these routes hand requests on to it.
"""

from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, Router, get, post, put
from litestar.params import JSONBody

from app.http.documented import documented
from app.http.parts import AccountId, AnyRequest, Api, ApiParts
from app.http.requests import Body, PhoneNumber
from app.http.sandbox_control import PhoneDone, ask, control_path, phone_does, tell
from app.http.sandbox_messages import MESSAGE_ROUTES
from app.problems import ProblemFound

DEFAULT_PHONE = "4915112345678"
"""Of a range that no operator gives out; another phone is one field away."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


class SceneWanted(Body, frozen=True):
    """Choose what the stand-in page does for its next `times` loads; null: until changed."""

    name: Annotated[str, msgspec.Meta(max_length=64)]
    params: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    times: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = 1


class Scan(Body, frozen=True):
    """Have the simulated phone scan a code: the account's current one unless `qr` gives another."""

    phone: PhoneNumber = DEFAULT_PHONE
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "Sandbox phone"
    qr: Text | None = None


class PairingCodeEntry(Body, frozen=True):
    """Have the simulated phone enter a pairing code: the account's current one by default."""

    phone: PhoneNumber = DEFAULT_PHONE
    code: Annotated[str, msgspec.Meta(min_length=8, max_length=16)] | None = None


class PasskeyAnswer(Body, frozen=True):
    """Answer the passkey demand of the scene `passkey`."""

    answer: Literal["approve", "deny"]


class SceneParameter(msgspec.Struct, frozen=True):
    """What a scene can be told, with what it takes when it is not."""

    name: str
    default: Any


class Scene(msgspec.Struct, frozen=True):
    """One way in which the stand-in page can behave."""

    name: str
    sentence: str
    params: tuple[SceneParameter, ...]


class Scenes(msgspec.Struct, frozen=True):
    """Everything that can be rehearsed."""

    scenes: tuple[Scene, ...]


class ChosenScene(msgspec.Struct, frozen=True):
    """The scene that the next loads of the page play."""

    name: str
    params: dict[str, Any]
    times_left: int | None


@get("/scenes", opt=documented("scenes"))
async def scenes(api: Api) -> Scenes:
    """List the scenes: the failures that can be rehearsed, with their parameters."""
    return await ask(api, "GET", "/control/scenes", answered=Scenes)


@put("/accounts/{account_id:str}/scene", opt=documented("choose_scene"))
async def choose_scene(account_id: AccountId, data: JSONBody[SceneWanted], api: Api) -> ChosenScene:
    """Choose the scene that the account's next page plays."""
    path = await control_path(api, account_id, "scene")
    return await ask(api, "PUT", path, data, answered=ChosenScene)


@post("/accounts/{account_id:str}/scan", status_code=200, opt=documented("scan"))
async def scan(
    account_id: AccountId, request: AnyRequest, api: Api, data: JSONBody[Scan | None] = None
) -> Response[PhoneDone]:
    """Scan: by default the code that a client would be shown now, read from the vault."""
    wanted = data or Scan()

    async def use() -> PhoneDone:
        path = await control_path(api, account_id, "phone/scan")
        text = wanted.qr or await _code_on_show(api, account_id, "qr")
        body = {"phone_number": wanted.phone, "name": wanted.name, "qr": text}
        return await ask(api, "POST", path, body, answered=PhoneDone)

    return await phone_does(api, request, use)


@post("/accounts/{account_id:str}/pairing-code", status_code=200, opt=documented("enter_code"))
async def enter_pairing_code(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[PairingCodeEntry | None] = None,
) -> Response[PhoneDone]:
    """Enter the pairing code on the phone."""
    wanted = data or PairingCodeEntry()

    async def use() -> PhoneDone:
        path = await control_path(api, account_id, "phone/enter-pairing-code")
        code = wanted.code or await _code_on_show(api, account_id, "pairing_code")
        body = {"phone_number": wanted.phone, "code": code}
        return await ask(api, "POST", path, body, answered=PhoneDone)

    return await phone_does(api, request, use)


@post("/accounts/{account_id:str}/reject", status_code=200, opt=documented("reject"))
async def reject(account_id: AccountId, request: AnyRequest, api: Api) -> Response[PhoneDone]:
    """Scan the code and refuse to link."""
    return await phone_does(api, request, partial(tell, api, account_id, "reject"))


@post("/accounts/{account_id:str}/logout", status_code=200, opt=documented("phone_logout"))
async def phone_logout(account_id: AccountId, request: AnyRequest, api: Api) -> Response[PhoneDone]:
    """Remove the linked device on the phone."""

    async def use() -> PhoneDone:
        path = await control_path(api, account_id, "phone/logout")
        await ask(api, "POST", path, {}, answered=dict[str, Any])
        return PhoneDone("logged_out")

    return await phone_does(api, request, use)


@post("/accounts/{account_id:str}/offline", status_code=200, opt=documented("offline"))
async def offline(account_id: AccountId, request: AnyRequest, api: Api) -> Response[PhoneDone]:
    """Take the phone off the network."""
    return await phone_does(api, request, partial(tell, api, account_id, "offline"))


@post("/accounts/{account_id:str}/online", status_code=200, opt=documented("online"))
async def online(account_id: AccountId, request: AnyRequest, api: Api) -> Response[PhoneDone]:
    """Bring the phone back."""
    return await phone_does(api, request, partial(tell, api, account_id, "online"))


@post("/accounts/{account_id:str}/passkey", status_code=200, opt=documented("passkey"))
async def passkey(
    account_id: AccountId, request: AnyRequest, data: JSONBody[PasskeyAnswer], api: Api
) -> Response[PhoneDone]:
    """Approve or deny the passkey that the scene `passkey` demands."""
    return await phone_does(api, request, partial(tell, api, account_id, "passkey", data))


async def _code_on_show(api: ApiParts, account_id: str, kind: Literal["qr", "pairing_code"]) -> str:
    code = await api.services.vault.current(account_id, api.now())
    if code is None or code.text is None or code.kind != kind:
        raise ProblemFound(
            "no_code", "No such code is on show for the phone to use.", cause="nothing_on_show"
        )
    return code.text


ROUTES = Router(
    "/v1/sandbox",
    route_handlers=[
        scenes,
        choose_scene,
        scan,
        enter_pairing_code,
        reject,
        phone_logout,
        offline,
        online,
        *MESSAGE_ROUTES,
        passkey,
    ],
)
