"""Accounts under the ids that a moved-over system gives them: found, or made when first needed."""

from contextlib import suppress
from typing import Literal

from adapters.foreign_names import ForeignNames, Named, SessionTaken
from app.held import Held
from app.http.parts import ApiParts
from app.identifiers import new_id
from app.problems import ProblemFound
from domain.log import Origin
from domain.refusals import Refused
from domain.wishes import RegisterAccount

Site = Literal["live", "sandbox"]


class NamedAccounts:
    """The accounts of one system, for the time of one request."""

    def __init__(self, api: ApiParts, system: str, origin: Origin) -> None:
        self.names = ForeignNames(api.services.database, system)
        self._api = api
        self._origin = origin

    async def find(self, session: str, workspace: str | None = None) -> Named:
        """Find the account of a session; the problem if there is none, or not in this workspace."""
        named = await self.names.of_session(session)
        if named is None or workspace not in (None, named.workspace):
            raise ProblemFound("no_such_session", f"No session {session} is known here.")
        return named

    async def find_or_register(self, wanted: Named, site: Site) -> tuple[str, Held]:
        """Make the session their account's current one; register an account if there is none.

        `wanted.account_id` is not looked at.
        """
        account_id = await self._claim(wanted)
        held = await self._api.services.dispatch.load(account_id)
        if held.account.erased:  # it has ended, their account has not
            await self.names.replace(account_id, new_id("acc", self._api.now()))
            account_id = await self._claim(wanted)
            held = await self._api.services.dispatch.load(account_id)
        if not held.account.registered:
            held = await self._register(account_id, wanted, site)
        return account_id, held

    async def _claim(self, wanted: Named) -> str:
        try:
            return await self.names.claim(
                workspace=wanted.workspace,
                name=wanted.name,
                session=wanted.session,
                account_id=new_id("acc", self._api.now()),
            )
        except SessionTaken as error:
            raise ProblemFound(
                "session_taken", f"The session {wanted.session} belongs to another account."
            ) from error

    async def _register(self, account_id: str, wanted: Named, site: Site) -> Held:
        dispatch = self._api.services.dispatch
        command = RegisterAccount(
            at=self._api.now(),
            workspace=wanted.workspace,
            label=f"Account {wanted.name}",
            site=site,
        )
        with suppress(Refused):  # already_registered: somebody else was faster
            given = await dispatch.submit(account_id, command, self._origin)
            self._api.hub.reach(given.position)
            return given.held
        return await dispatch.load(account_id)
