"""What the routes of templates refuse; `reminder` is saved in the default workspace."""

from typing import Any

from tests.running_api import RunningApi

REMINDER = {"name": "reminder", "text": "Dear {{ customer }}"}
OF_REMINDER = "/v1/templates/reminder"
STALE = {"text": "x", "version": "2020-01-01T00:00:00Z"}
BAD = {"json": {"text": "{{"}}

TEMPLATES: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("save_template", "bad_template", "POST", "/v1/templates", {"json": REMINDER | {"text": "{{"}}),
    (
        "save_template",
        "template_exists",
        "POST",
        "/v1/templates",
        {"json": REMINDER | {"text": "x"}},
    ),
    ("show_template", "no_such_template", "GET", f"{OF_REMINDER}?workspace=acme", {}),
    ("change_template", "bad_template", "PATCH", OF_REMINDER, BAD),
    (
        "change_template",
        "no_such_template",
        "PATCH",
        "/v1/templates/other",
        {"json": {"text": "x"}},
    ),
    ("change_template", "template_changed", "PATCH", OF_REMINDER, {"json": STALE}),
    ("delete_template", "no_such_template", "DELETE", f"{OF_REMINDER}?workspace=acme", {}),
    ("delete_template", "template_built_in", "DELETE", "/v1/templates/order_details", {}),
    ("preview_template", "bad_template", "POST", "/v1/templates/other/preview", BAD),
    ("preview_template", "no_such_template", "POST", "/v1/templates/other/preview", {"json": {}}),
    ("preview_template", "unfit_values", "POST", f"{OF_REMINDER}/preview", {"json": {}}),
]


async def save_reminder(api: RunningApi) -> None:
    saved = await api.client.post("/v1/templates", json=REMINDER)
    assert saved.status_code == 201, saved.text
