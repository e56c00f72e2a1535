"""Write the reference pages: `python -m tests.http_api.write_reference`."""

from pathlib import Path
from typing import Any

from app.http.openapi import complete, documented_handlers
from app.http.reference_text import api_text, problems_text
from tests.running_api import unserved_api

DOCS = Path(__file__).parent.parent.parent / "docs" / "reference"


def document() -> dict[str, Any]:
    """Give the whole OpenAPI document, without serving anything."""
    application = unserved_api()
    return complete(application, application.openapi_schema.to_schema())


def pages() -> dict[str, str]:
    """Give each page's file name and text."""
    access = {
        str(handler.opt["docs"]): str(handler.opt["access"])
        for _, _, handler in documented_handlers(unserved_api())
    }
    return {"api.md": api_text(document(), access), "problems.md": problems_text()}


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text)
