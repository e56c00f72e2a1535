"""Ties a route to its line in app/http/reference.py, and says who may use it."""

from typing import Literal

Access = Literal["key", "signed", "link", "feed", "open"]


def documented(name: str, access: Access = "key") -> dict[str, str]:
    """Give a handler's `opt`; see app/http/guard.py for what each access means."""
    return {"docs": name, "access": access}
