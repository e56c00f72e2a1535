"""The sandbox through the API: scenes, and the simulated phone of an account with `site: sandbox`.

The sandbox is a process of its own; these routes hand requests on to it.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

import httpx
import msgspec
from litestar import Response, Router, get, post, put
from litestar.params import JSONBody

from app.http.documented import documented
from app.http.idempotency import once
from app.http.parts import AccountId, AnyRequest, Api, ApiParts, about_account, load_registered
from app.http.requests import Body, PhoneNumber
from app.problems import ProblemFound

DEFAULT_PHONE = "4915112345678"
"""Of a range that no operator gives out; another phone is one field away."""

T = TypeVar("T")
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


class IncomingText(Body, frozen=True):
    """Have somebody write to the linked phone."""

    sender: PhoneNumber
    text: Text


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


class PhoneDone(msgspec.Struct, frozen=True):
    """What the phone did."""

    outcome: str


class _Refusal(msgspec.Struct, frozen=True):
    """A problem as the sandbox says it."""

    detail: str = ""
    cause: str = ""


@get("/scenes", opt=documented("scenes"))
async def scenes(api: Api) -> Scenes:
    """List the scenes: the failures that can be rehearsed, with their parameters."""
    return await _ask(api, "GET", "/control/scenes", answered=Scenes)


@put("/accounts/{account_id:str}/scene", opt=documented("choose_scene"))
async def choose_scene(account_id: AccountId, data: JSONBody[SceneWanted], api: Api) -> ChosenScene:
    """Choose the scene that the account's next page plays."""
    path = await _control(api, account_id, "scene")
    return await _ask(api, "PUT", path, data, answered=ChosenScene)


@post("/accounts/{account_id:str}/scan", status_code=200, opt=documented("scan"))
async def scan(
    account_id: AccountId, request: AnyRequest, api: Api, data: JSONBody[Scan | None] = None
) -> Response[PhoneDone]:
    """Scan: by default the code that a client would be shown now, read from the vault."""
    wanted = data or Scan()

    async def use() -> PhoneDone:
        path = await _control(api, account_id, "phone/scan")
        text = wanted.qr or await _code_on_show(api, account_id, "qr")
        body = {"phone_number": wanted.phone, "name": wanted.name, "qr": text}
        return await _ask(api, "POST", path, body, answered=PhoneDone)

    return await _phone(api, request, use)


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
        path = await _control(api, account_id, "phone/enter-pairing-code")
        code = wanted.code or await _code_on_show(api, account_id, "pairing_code")
        body = {"phone_number": wanted.phone, "code": code}
        return await _ask(api, "POST", path, body, answered=PhoneDone)

    return await _phone(api, request, use)


@post("/accounts/{account_id:str}/reject", status_code=200, opt=documented("reject"))
async def reject(account_id: AccountId, request: AnyRequest, api: Api) -> Response[PhoneDone]:
    """Scan the code and refuse to link."""
    return await _phone(api, request, partial(_tell, api, account_id, "reject"))


@post("/accounts/{account_id:str}/logout", status_code=200, opt=documented("phone_logout"))
async def phone_logout(account_id: AccountId, request: AnyRequest, api: Api) -> Response[PhoneDone]:
    """Remove the linked device on the phone."""

    async def use() -> PhoneDone:
        path = await _control(api, account_id, "phone/logout")
        await _ask(api, "POST", path, {}, answered=dict[str, Any])
        return PhoneDone("logged_out")

    return await _phone(api, request, use)


@post("/accounts/{account_id:str}/offline", status_code=200, opt=documented("offline"))
async def offline(account_id: AccountId, request: AnyRequest, api: Api) -> Response[PhoneDone]:
    """Take the phone off the network."""
    return await _phone(api, request, partial(_tell, api, account_id, "offline"))


@post("/accounts/{account_id:str}/online", status_code=200, opt=documented("online"))
async def online(account_id: AccountId, request: AnyRequest, api: Api) -> Response[PhoneDone]:
    """Bring the phone back."""
    return await _phone(api, request, partial(_tell, api, account_id, "online"))


@post("/accounts/{account_id:str}/message", status_code=200, opt=documented("phone_message"))
async def message(
    account_id: AccountId, request: AnyRequest, data: JSONBody[IncomingText], api: Api
) -> Response[PhoneDone]:
    """Have somebody write a text to the phone."""

    async def use() -> PhoneDone:
        path = await _control(api, account_id, "phone/message")
        body = {"from": data.sender, "text": data.text}
        await _ask(api, "POST", path, body, answered=dict[str, Any])
        return PhoneDone("received")

    return await _phone(api, request, use)


@post("/accounts/{account_id:str}/passkey", status_code=200, opt=documented("passkey"))
async def passkey(
    account_id: AccountId, request: AnyRequest, data: JSONBody[PasskeyAnswer], api: Api
) -> Response[PhoneDone]:
    """Approve or deny the passkey that the scene `passkey` demands."""
    return await _phone(api, request, partial(_tell, api, account_id, "passkey", data))


async def _phone(
    api: ApiParts, request: AnyRequest, use: Callable[[], Awaitable[PhoneDone]]
) -> Response[PhoneDone]:
    """Have the phone do it once for each Idempotency-Key: what a phone does uses something up."""

    async def act() -> Response[PhoneDone]:
        return Response(await use(), status_code=200)

    return await once(api, request, act, repeatable=False)


async def _tell(api: ApiParts, account_id: str, what: str, body: object = None) -> PhoneDone:
    path = await _control(api, account_id, f"phone/{what}")
    return await _ask(api, "POST", path, body, answered=PhoneDone)


async def _control(api: ApiParts, account_id: str, what: str) -> str:
    """Give the sandbox's address for the account; a live account has none."""
    held, _ = await load_registered(api, account_id)
    row = held.row
    if row is not None and row.site != "sandbox":
        raise ProblemFound(
            "not_a_sandbox_account",
            "The account is linked to the real WhatsApp.",
            account=about_account(row),
        )
    return f"/control/accounts/{account_id}/{what}"


async def _code_on_show(api: ApiParts, account_id: str, kind: Literal["qr", "pairing_code"]) -> str:
    code = await api.services.vault.current(account_id, api.now())
    if code is None or code.text is None or code.kind != kind:
        raise ProblemFound(
            "no_code", "No such code is on show for the phone to use.", cause="nothing_on_show"
        )
    return code.text


async def _ask(
    api: ApiParts, method: str, path: str, body: object = None, *, answered: type[T]
) -> T:
    """Hand a request on to the sandbox; what it refuses is a problem of ours."""
    content = msgspec.json.encode(body) if body is not None else None
    headers = {"Content-Type": "application/json"} if content else {}
    try:
        response = await api.sandbox.request(method, path, content=content, headers=headers)
    except httpx.HTTPError as error:
        sentence = f"The sandbox could not be asked: {type(error).__name__}."
        raise ProblemFound("sandbox_unavailable", sentence) from error
    if response.is_success:
        return msgspec.json.decode(response.content, type=answered)
    raise _problem(response)


def _problem(response: httpx.Response) -> ProblemFound:
    try:
        said = msgspec.json.decode(response.content, type=_Refusal)
    except msgspec.DecodeError:
        said = _Refusal()
    detail = said.detail or f"The sandbox answered {response.status_code}."
    code = PROBLEM_OF_CAUSE.get(said.cause)
    if code is None:
        refused = HTTPStatus.BAD_REQUEST <= response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
        code = "phone_refused" if refused else "sandbox_unavailable"
    return ProblemFound(code, detail, cause=said.cause)


PROBLEM_OF_CAUSE = {
    "unknown_scene": "no_such_scene",
    "invalid_parameters": "invalid_request",
    "invalid_request": "invalid_request",
    "unauthorized": "sandbox_unavailable",  # our token, not the client's
}


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
        message,
        passkey,
    ],
)
