"""Clients of the HTTP API, each sending one command after the other and remembering the answers."""

import asyncio
import random
from collections import deque
from contextlib import suppress
from itertools import count
from typing import Any, cast

import httpx

from adapters.event_log.database import LIMIT_S
from domain.log import Outcome
from tests.campaign.memory import Memory, Told

ANSWER_LIMIT_S = 2 * LIMIT_S + 5.0
"""A statement that came just within its limit, one that did not, and 5 s for a busy machine."""
PAUSE_S = 0.03
"""Between two commands: the campaign shall leave room for what it watches."""
RETRY_S = 0.1
"""Sooner than `Retry-After` says, to be there at the moment when it works again."""
ACCOUNTS_KEPT = 6
"""Each client works on its newest ones, so that commands meet attempts that are running."""
SHARED = "shared"
"""The workspace of the accounts that all clients and the second process work on, to conflict."""
SHARED_ACCOUNTS = 2
WISHES = {"register": 2, "link": 6, "retry": 4, "cancel": 5, "destroy": 1, "show": 2}
"""Wish -> how often. With nobody to open a page, deadlines end what nobody cancels."""
REFUSALS = {"attempt_in_progress", "nothing_to_cancel", "nothing_to_retry", "illegal_step"}
"""Answers that are right: clients do not look before they ask."""
PUT_OFF = {"storage_unavailable", "too_busy"}
MOST_WRONG = 20
"""Sentences kept; what goes wrong thousands of times says no more than that."""


class Client:
    """One client. All know the accounts in `shared`; who is not alone works on their first only."""

    def __init__(
        self,
        name: str,
        http: httpx.AsyncClient,
        key: str,
        memory: Memory,
        shared: list[str],
        seed: int,
        *,
        alone: bool,
    ) -> None:
        self.name = name
        self._alone = alone
        self._key = key
        self._http = http
        self._memory = memory
        self._shared = shared
        self._own: deque[str] = deque(maxlen=ACCOUNTS_KEPT)
        self._random = random.Random(f"{seed}/{name}")  # noqa: S311  a campaign, no secret
        self._numbers = count(1)

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until told to stop; the last command is still answered."""
        while not stopping.is_set():
            await rest(stopping, PAUSE_S if await self._send() else RETRY_S)

    async def _send(self) -> bool:
        """Send one command and remember the answer; False if it is worth a pause."""
        account, wish = self._choose()
        correlation_id = f"{self.name}-{next(self._numbers)}"
        method, path, body = _request(account, wish)
        headers = {**bearing(self._key), "X-Correlation-Id": correlation_id}
        try:
            answered = await self._http.request(method, path, json=body, headers=headers)
        except httpx.TimeoutException:
            self._wrong(f"{wish} was not answered within {ANSWER_LIMIT_S} s")
            return False
        except httpx.TransportError:
            self._memory.unanswered += 1
            return False
        if answered.is_success:
            self._succeeded(wish, correlation_id, answered.json())
            return True
        return self._refused(wish, account, correlation_id, answered)

    def _choose(self) -> tuple[str, str]:
        if len(self._shared) < SHARED_ACCOUNTS:
            return SHARED, "register"
        (wish,) = self._random.choices(list(WISHES), list(WISHES.values()))
        if not self._alone:
            return self._shared[0], wish if wish != "register" else "show"
        if wish == "register" or not self._own:
            return self.name, "register"
        return self._random.choice(self._random.choice([self._own, self._shared])), wish

    def _succeeded(self, wish: str, correlation_id: str, answer: dict[str, Any]) -> None:
        if wish == "show":
            self._memory.answers[self.name] += 1
            return
        account: str = answer["account"]["id"]
        if wish == "register":
            shared = answer["account"]["workspace"] == SHARED
            (self._shared if shared else self._own).append(account)
        self._tell(correlation_id, account, answer["outcome"], answer["position"])

    def _refused(
        self, wish: str, account: str, correlation_id: str, answered: httpx.Response
    ) -> bool:
        problem = _problem(answered)
        code = str(problem.get("type", "")).removeprefix("/problems/")
        if code in REFUSALS:
            self._tell(correlation_id, account, "refused", int(problem["position"]))
            return True
        if code in PUT_OFF and problem["retryable"] and answered.headers.get("Retry-After"):
            self._memory.put_off[self.name] += 1
        else:
            self._wrong(f"{wish} of {account}: {answered.status_code} {answered.text[:300]}")
        return False

    def _tell(self, correlation_id: str, account: str, outcome: Outcome, position: int) -> None:
        self._memory.tell(
            Told(
                sender=self.name,
                correlation_id=correlation_id,
                account_id=account,
                outcome=outcome,
                position=position,
            )
        )

    def _wrong(self, sentence: str) -> None:
        if len(self._memory.wrong) < MOST_WRONG:
            self._memory.wrong.append(f"{self.name}: {sentence}")


def _request(account: str, wish: str) -> tuple[str, str, dict[str, str] | None]:
    """Say what to send; `account` is the workspace for a registration."""
    match wish:
        case "register":
            return "POST", "/v1/accounts", {"workspace": account, "site": "sandbox"}
        case "destroy":
            return "DELETE", f"/v1/accounts/{account}", None
        case "show":
            return "GET", f"/v1/accounts/{account}", None
        case _:
            return "POST", f"/v1/accounts/{account}/{wish}", None


def _problem(answered: httpx.Response) -> dict[str, Any]:
    with suppress(ValueError):
        problem = answered.json()
        if isinstance(problem, dict):
            return cast("dict[str, Any]", problem)
    return {}


def bearing(key: str) -> dict[str, str]:
    """Give the header that a key is sent in."""
    return {"Authorization": f"Bearer {key}"}


async def rest(stopping: asyncio.Event, limit_s: float) -> None:
    """Wait a little, not beyond the end."""
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await stopping.wait()
