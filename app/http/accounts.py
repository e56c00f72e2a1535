"""Accounts: register, list, show, destroy."""

from typing import Annotated

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.params import JSONBody, QueryParameter

from app.http.documented import documented
from app.http.parts import (
    ACCOUNT_ID,
    AccountId,
    AnyRequest,
    Api,
    ApiParts,
    answer,
    answer_account,
)
from app.http.positions import Position
from app.http.requests import WORKSPACE, Register
from app.http.views import AccountAnswer, AccountList, CommandAnswer, account_view
from app.http.wishes import answer_wish, grant
from app.identifiers import new_id
from app.problems import ProblemFound
from domain.status import Status
from domain.wishes import DestroyAccount, RegisterAccount
from projections.accounts import AccountRow

PAGE = 200
"""Rows that are read from the table at once while a status is looked for."""
MOST_LISTED = 500

Limit = Annotated[int, QueryParameter(ge=1, le=MOST_LISTED, description="Accounts on one page.")]
Cursor = Annotated[
    str,
    QueryParameter(max_length=64, description="`next_cursor` of the page before; empty at first."),
]
InWorkspace = Annotated[
    str | None,
    QueryParameter(
        name="workspace", max_length=64, pattern=WORKSPACE, description="Only this workspace."
    ),
]
WithStatus = Annotated[
    list[Status] | None,
    QueryParameter(name="status", description="Only these statuses; repeatable."),
]
Erase = Annotated[
    bool,
    QueryParameter(
        description="Make phone number, name and label unreadable for good as well, in the history"
        " too. The account cannot be linked again."
    ),
]


@post("/", status_code=201, opt=documented("register"))
async def register(
    data: JSONBody[Register], request: AnyRequest, api: Api
) -> Response[CommandAnswer]:
    """Register an account. Nothing is linked yet."""
    now = api.now()
    account_id = new_id("acc", now)
    command = RegisterAccount(
        at=now,
        workspace=data.workspace,
        label=data.label,
        site=data.site,
        policy=data.policy.as_policy() if data.policy else None,
    )
    granted = await grant(api, request, account_id, command)
    response = answer_wish(granted, 201)
    response.headers["Location"] = f"/v1/accounts/{granted.told.account_id}"
    return response


@get("/", opt=documented("list_accounts"))
async def list_accounts(
    api: Api,
    position: Position,
    workspace: InWorkspace = None,
    status: WithStatus = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response[AccountList]:
    """List accounts in the order of their registration, page by page."""
    if cursor and not ACCOUNT_ID.fullmatch(cursor):
        raise ProblemFound("invalid_request", "cursor: not a cursor that this list gave.")
    rows, more = await _rows(api, workspace, status, cursor, limit)
    parked = {one.stream for one in await api.services.log.parked("accounts")}
    listed = AccountList(
        position=position,
        accounts=tuple(account_view(row, behind=row.account_id in parked) for row in rows),
        parked=len(parked),
        next_cursor=rows[-1].account_id if more else None,
    )
    return answer(listed, position)


async def _rows(
    api: ApiParts, workspace: str | None, status: list[Status] | None, after: str, limit: int
) -> tuple[list[AccountRow], bool]:
    """Read until one row more than asked for is found, or the table ends."""
    found: list[AccountRow] = []
    while True:
        page = await api.services.log.account_rows(workspace, after, PAGE)
        rows = [msgspec.convert(row, AccountRow) for row in page]
        found += [row for row in rows if not status or row.status in status]
        if len(found) > limit:
            return found[:limit], True
        if len(page) < PAGE:
            return found, False
        after = rows[-1].account_id


@get("/{account_id:str}", opt=documented("show_account", access="link"))
async def show_account(
    account_id: AccountId, api: Api, position: Position
) -> Response[AccountAnswer]:
    """Show an account: its status, the code on show, what is awaited, and what may be done next."""
    return await answer_account(api, account_id, position)


@delete("/{account_id:str}", status_code=200, opt=documented("destroy"))
async def destroy(
    account_id: AccountId, request: AnyRequest, api: Api, *, erase: Erase = False
) -> Response[CommandAnswer]:
    """Destroy the link and every kept session. The account and its history stay."""
    granted = await grant(api, request, account_id, DestroyAccount(at=api.now(), erase=erase))
    return answer_wish(granted, 200)


ROUTES = Router("/v1/accounts", route_handlers=[register, list_accounts, show_account, destroy])
