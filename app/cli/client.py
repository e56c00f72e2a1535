"""The API's client: every failure of it becomes a CommandFailed with what to do."""

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from app.cli.answers import Problem
from app.cli.connection import KEY_VARIABLE, URL_VARIABLE, Connection, find_connection
from app.cli.ending import CommandFailed, Exit
from app.cli.repeating import CHANGING, key_for, until_answered
from app.problems import TYPE_PREFIX
from app.trusted_certificates import certificates_for

CONNECT_S = 3.0
"""A service on this machine accepts at once; one across the world in under a second."""
ANSWER_S = 15.0
"""The longest answers are timelines with thousands of rows, which take a second or two."""

Answer = TypeVar("Answer")
Query = Mapping[str, str | int | Sequence[str] | None]
"""Query parameters; None leaves one out, a sequence repeats it."""


class ProblemAnswered(CommandFailed):
    """The API answered problem details; callers that can do better look at `problem`."""

    def __init__(self, status: Exit, problem: Problem, sentence: str, what_to_do: str) -> None:
        super().__init__(status, sentence, what_to_do, code=problem.code)
        self.problem = problem


class Client:
    """Asks the API. Made by `connected`."""

    def __init__(self, http: httpx.Client, connection: Connection) -> None:
        self.http = http
        self.connection = connection

    def get(self, path: str, kind: type[Answer], query: Query | None = None) -> Answer:
        """Ask for something."""
        return decode(self, self.send("GET", path, query=query), kind)

    def post(self, path: str, kind: type[Answer], body: Mapping[str, Any] | None = None) -> Answer:
        """Ask for something to be done."""
        return decode(self, self.send("POST", path, body=body), kind)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        accept: str = "application/json",
    ) -> httpx.Response:
        """Send one request; only a success comes back. What changes something is repeated safely.

        See app/cli/repeating.py.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        headers = {"Accept": accept, **key_for(method)}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = msgspec.json.encode(body) if body is not None else None

        def ask() -> httpx.Response:
            return self.http.request(method, path, params=given, content=content, headers=headers)

        with self.failures():
            answer = until_answered(ask) if method in CHANGING else ask()
        if not answer.is_success:
            raise self.problem(answer)
        return answer

    @contextmanager
    def failures(self) -> Generator[None]:
        """Translate what goes wrong on the way."""
        url = self.connection.url
        try:
            yield
        except httpx.ConnectTimeout as error:
            raise _unreachable(f"{url} does not answer within {CONNECT_S:.0f} s.") from error
        except httpx.TimeoutException as error:
            raise CommandFailed(
                Exit.UNREACHABLE,
                f"The service at {url} took longer than {ANSWER_S:.0f} s to answer.",
                "Try again; `./linkwright doctor` on its machine tells whether something is amiss.",
            ) from error
        except httpx.ConnectError as error:
            raise _unreachable(f"Linkwright is not running at {url}.") from error
        except httpx.TransportError as error:
            broke = f"The connection to {url} broke ({type(error).__name__})."
            raise _unreachable(broke) from error

    def problem(self, answer: httpx.Response) -> CommandFailed:
        """Say what the API's refusal means to a person at a terminal."""
        try:
            problem = msgspec.json.decode(answer.content, type=Problem)
        except msgspec.DecodeError:  # a ValidationError is one, too
            return self.not_linkwright(f"HTTP {answer.status_code}")
        if not problem.type.startswith(TYPE_PREFIX):
            return self.not_linkwright(f"HTTP {answer.status_code}")
        return _PROBLEMS.get(answer.status_code, _other_problem)(self, answer, problem)

    def not_linkwright(self, what: str) -> CommandFailed:
        """Say that somebody else answers there."""
        return CommandFailed(
            Exit.UNREACHABLE,
            f"What answers at {self.connection.url} is not Linkwright's API ({what}).",
            f"Set {URL_VARIABLE} to the address that `./linkwright up` printed.",
        )


@contextmanager
def connected(key_file: Path | None) -> Generator[Client]:
    """Find the service and the key, and hold a connection; nothing is sent yet."""
    connection = find_connection(os.environ, key_file)
    limits = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    # trust_env: a proxy of the environment must see neither the key nor a code.
    with httpx.Client(
        base_url=connection.url,
        headers={"Authorization": f"Bearer {connection.key}"},
        timeout=limits,
        trust_env=False,
        verify=certificates_for(connection.url),
    ) as http:
        yield Client(http, connection)


def decode(client: Client, answer: httpx.Response, kind: type[Answer]) -> Answer:
    """Read an answer's body; what cannot be read did not come from Linkwright."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise client.not_linkwright("its answer cannot be read") from error


def _unreachable(sentence: str) -> CommandFailed:
    return CommandFailed(
        Exit.UNREACHABLE,
        sentence,
        f"Start it with `./linkwright up`, or set {URL_VARIABLE} to where it runs.",
    )


def _wrong_key(client: Client, _: httpx.Response, problem: Problem) -> CommandFailed:
    where = client.connection.key_from
    return ProblemAnswered(
        Exit.KEY,
        problem,
        f"The service at {client.connection.url} does not accept the key from {where}.",
        f"Set {KEY_VARIABLE}, or give --key-file, with a key of that service.",
    )


def _forbidden(client: Client, answer: httpx.Response, problem: Problem) -> CommandFailed:
    if problem.code not in _FORBIDDEN:
        return _wrong_key(client, answer, problem)
    sentence, what_to_do = _FORBIDDEN[problem.code]
    key = f"The key from {client.connection.key_from}"
    return ProblemAnswered(Exit.KEY, problem, f"{key} {sentence}", what_to_do)


_FORBIDDEN = {
    "unmasked_not_allowed": (
        "shows stories masked only.",
        "Ask for them masked, or use the operator's key, in the service's own data folder.",
    ),
    "operators_only": (
        "is not an operator's.",
        "Use the operator's key, in the service's own data folder, or the first one.",
    ),
}


def _not_found(_: Client, __: httpx.Response, problem: Problem) -> CommandFailed:
    what_to_do = _NOT_FOUND.get(problem.code, problem.what_to_do)
    return ProblemAnswered(Exit.NOT_FOUND, problem, _sentence(problem), what_to_do)


_NOT_FOUND = {
    "not_registered": "`./linkwright accounts` lists the accounts that there are.",
    "no_such_attempt": "`./linkwright replay show ACCOUNT` shows all of its attempts.",
    "no_such_route": f"Is {URL_VARIABLE} right, and the service as new as this command?",
}


def _other_problem(_: Client, answer: httpx.Response, problem: Problem) -> CommandFailed:
    at_fault = answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    status = Exit.SERVICE if at_fault else Exit.REFUSED
    return ProblemAnswered(status, problem, _sentence(problem), problem.what_to_do)


def _sentence(problem: Problem) -> str:
    sentence = problem.detail or problem.title
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


_PROBLEMS: dict[int, Callable[[Client, httpx.Response, Problem], CommandFailed]] = {
    HTTPStatus.UNAUTHORIZED: _wrong_key,
    HTTPStatus.FORBIDDEN: _forbidden,
    HTTPStatus.NOT_FOUND: _not_found,
}
