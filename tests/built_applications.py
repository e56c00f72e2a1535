"""The API as an application, built once for many tests: building one takes 0.15 s.

What belongs to one service is in its `ApiParts`, which every request reads anew. So an application
whose test has ended gets the parts of the next one.
"""

from typing import Any

import msgspec
from litestar import Litestar

from app.http.application import application_of, parts_of
from app.http.parts import ApiParts
from app.services import Services


class BuiltApplications:
    """Applications that no test uses now, by the settings that they were built for."""

    def __init__(self) -> None:
        self._free: dict[tuple[Any, ...], list[Litestar]] = {}
        self._parts: dict[int, tuple[tuple[Any, ...], ApiParts]] = {}

    def take(self, services: Services) -> Litestar:
        """Give one that serves these; it is the caller's own until it is given back."""
        kind = _kind(services)
        parts = parts_of(services)
        if not (free := self._free.setdefault(kind, [])):
            application = application_of(parts)
            self._parts[id(application)] = kind, parts
            return application
        application = free.pop()
        _, held = self._parts[id(application)]
        for name in ApiParts.__struct_fields__:
            msgspec.structs.force_setattr(held, name, getattr(parts, name))
        application.state.hub = parts.hub
        application.state.limits = parts.limits
        return application

    def give_back(self, application: Litestar) -> None:
        """Let another test have it. One that broke while it ended is not given back."""
        kind, _ = self._parts[id(application)]
        self._free[kind].append(application)


def _kind(services: Services) -> tuple[Any, ...]:
    """Whatever is read while the application is built, and not by each request."""
    settings = services.settings
    return settings.drop_ins, settings.reverb


BUILT = BuiltApplications()
