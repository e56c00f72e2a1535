"""Each problem that the routes of bundles promise; test_problems_of_one_route.py sees them."""

from typing import Any

from app.http.bundles import MOST_OPENED
from app.http.example_story import example_bundle

Example = tuple[str, str, str, str, dict[str, Any]]
OPENING = b'{"format":"linkwright-bundle","version":1,"build":"0.1.0"}\n'
NEWER = OPENING.replace(b'"version":1', b'"version":2')
OF_THE_FILE = ("compare", "path", "state", "redecide")
WHOLE = example_bundle()
BUNDLES: list[Example] = [
    *(
        (name, code, "POST", path, {"content": content})
        for name, path in (
            ("open_bundle", "/v1/replay/open"),
            ("bundle_statistics", "/v1/statistics/bundles"),
            *((f"opened_{what}", f"/v1/replay/open/{what}") for what in OF_THE_FILE),
        )
        for code, content in (
            ("not_a_bundle", b"{}"),
            ("bundle_damaged", OPENING),
            ("bundle_too_new", NEWER),
            ("body_too_large", b" " * (MOST_OPENED + 1)),
        )
    ),
    *(
        ("opened_what_if", code, "POST", "/v1/replay/open/what-if", {"json": body})
        for code, body in (
            ("not_a_bundle", {"bundle": "{}"}),
            ("bundle_damaged", {"bundle": OPENING.decode()}),
            ("bundle_too_new", {"bundle": NEWER.decode()}),
            ("no_such_attempt", {"bundle": WHOLE.decode(), "attempt": 99}),
            ("bad_change", {"bundle": WHOLE.decode(), "policy": {"no_such_field": 1}}),
        )
    ),
    *(
        (
            f"opened_{what}",
            "no_such_attempt",
            "POST",
            f"/v1/replay/open/{what}?attempt=99",
            {"content": WHOLE},
        )
        for what in OF_THE_FILE
        if what != "state"
    ),
]
