"""Searches everything that the service says, and remembers what was found where."""

import re
from collections import Counter

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

from tests.planted_secrets.canaries import Canaries
from tests.planted_secrets.shown import PROBLEM, may_show

AROUND = 60
Found = dict[tuple[str, str], str]
"""Place and kind, each with an example in its surroundings."""


class Watch:
    """`see` is shown what was said in a place."""

    def __init__(self, canaries: Canaries) -> None:
        self._canaries = canaries
        self.searched: Counter[str] = Counter()
        self.found: Found = {}
        self._looks: Counter[str] = Counter()

    @property
    def looks(self) -> int:
        """How many answers, files and messages were searched."""
        return self._looks.total()

    def see(self, place: str, data: bytes) -> None:
        """Search what was said in a place."""
        self._looks[place] += 1
        self.searched[place] += len(data)
        for kind, text in self._canaries.found_in(data).items():
            self.found.setdefault((place, kind), _beside(data, text))

    def leaks(self) -> Found:
        """Give what is shown without anybody having said that it is."""
        return {
            (place, kind): text
            for (place, kind), text in sorted(self.found.items())
            if not may_show(place, kind)
        }


def watch_answers(application: Litestar, client: httpx.AsyncClient, watch: Watch) -> None:
    """Search every answer that the client gets, headers too, under its route's name."""
    places = _Places(application)

    async def see(response: httpx.Response) -> None:
        if not _is_stream(response):
            await response.aread()
            _see_answer(watch, places, response)

    client.event_hooks["response"].append(see)


def watch_answers_at_once(application: Litestar, client: httpx.Client, watch: Watch) -> None:
    """Do the same for a client that blocks."""
    places = _Places(application)

    def see(response: httpx.Response) -> None:
        if not _is_stream(response):
            response.read()
            _see_answer(watch, places, response)

    client.event_hooks["response"].append(see)


def _is_stream(response: httpx.Response) -> bool:
    """Whoever follows a stream searches what comes."""
    return "text/event-stream" in response.headers.get("content-type", "")


def _see_answer(watch: Watch, places: "_Places", response: httpx.Response) -> None:
    place = places.of(response.request)
    if response.is_error:
        place = PROBLEM + place
    watch.see(place, response.content)
    headers = b"\n".join(name + b": " + value for name, value in response.headers.raw)
    watch.see("headers", headers)


def _beside(data: bytes, text: str) -> str:
    """Give some words around it, for whoever is to mend it."""
    at = data.find(text.encode())
    if at < 0:
        return f"{text}, encoded"
    return data[max(0, at - AROUND) : at + len(text) + AROUND].decode(errors="replace")


class _Places:
    def __init__(self, application: Litestar) -> None:
        self._routes: list[tuple[re.Pattern[str], str, str]] = []
        for route in application.routes:
            if isinstance(route, HTTPRoute):
                pattern = re.sub(r"\{\w+:path\}", ".+", route.path)
                pattern = re.sub(r"\{\w+:\w+\}", "[^/]+", pattern)
                for handler in route.route_handlers:
                    name = str(handler.opt.get("docs") or f"page {route.path}")
                    for method in handler.http_methods:
                        self._routes.append((re.compile(pattern), method, name))
        self._routes.sort(key=lambda one: "[^/]+" in one[0].pattern)

    def of(self, request: httpx.Request) -> str:
        path = request.url.path.rstrip("/") or "/"
        for pattern, method, name in self._routes:
            if method == request.method and pattern.fullmatch(path):
                return name
        return "no route"
