"""Who asks a drop-in API, and the one account that stands for them.

The systems that are replaced had one WhatsApp client and no ids, so the workspace is what tells
back ends apart: its account is made when it is first needed, and found again ever after.
"""

from typing import Annotated, Literal

from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from adapters.foreign_names import Named
from app.dropin.named_accounts import NamedAccounts, Site
from app.held import Held
from app.http.parts import AnyRequest, Api, ApiParts, origin_of
from app.http.principal import principal_of
from app.http.requests import WORKSPACE
from app.problems import ProblemFound
from domain.log import Origin

SYSTEM = "whatsapp"
"""Of everything below /api/whatsapp."""
THE_CLIENT = "whatsapp-client"
"""The one account of a workspace; its session is named as the workspace."""
DEFAULT_WORKSPACE = "default"

InWorkspace = Annotated[
    str | None,
    HeaderParameter(
        name="Linkwright-Workspace",
        max_length=64,
        pattern=WORKSPACE,
        description="Whose account: one workspace for each back end. Default: `default`.",
    ),
]
OnSite = Annotated[
    Literal["live", "sandbox"] | None,
    HeaderParameter(
        name="Linkwright-Site",
        description="Where the account lives, if this request makes it."
        " Default: `LINKWRIGHT_DROP_INS_SITE`.",
    ),
]


class BackEnd:
    """A system that asks, for the time of one request."""

    def __init__(
        self,
        api: ApiParts,
        origin: Origin,
        workspace: str,
        site: Site,
        bound_to: str | None = None,
    ) -> None:
        """`bound_to`: who asks reaches this account only."""
        self.origin = origin
        self.workspace = workspace
        self.bound_to = bound_to
        self._api = api
        self._site: Site = site
        self._accounts = NamedAccounts(api, SYSTEM, origin)

    async def find(self) -> str | None:
        """Give the account's id; None while there is none."""
        if self.bound_to:
            return self.bound_to
        named = await self._accounts.names.of_session(self.workspace)
        return named.account_id if named else None

    async def load(self) -> tuple[str, Held]:
        """Load the account; a fresh one under no id while there is none."""
        account_id = await self.find()
        if account_id is None:
            return "", Held()
        return account_id, await self._api.services.dispatch.load(account_id)

    async def find_or_register(self) -> str:
        """Give the account's id, having made the account if need be; never an erased one."""
        wanted = Named(
            account_id="", workspace=self.workspace, name=THE_CLIENT, session=self.workspace
        )
        account_id, _ = await self._accounts.find_or_register(wanted, self._site)
        return account_id


async def provide_back_end(
    request: AnyRequest, api: Api, workspace: InWorkspace = None, site: OnSite = None
) -> BackEnd:
    """Find out for whom a request speaks."""
    principal = principal_of(request)
    if principal.workspace is not None and workspace not in (None, principal.workspace):
        raise ProblemFound("forbidden", "The ticket is for another workspace.")
    return BackEnd(
        api,
        origin_of(request),
        principal.workspace or workspace or DEFAULT_WORKSPACE,
        site or api.services.settings.drop_ins_site,
        bound_to=principal.account_id,
    )


Asker = NamedDependency[BackEnd]
