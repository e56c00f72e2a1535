"""The OpenAPI document: Litestar writes the shapes, app/http/reference.py the examples."""

from typing import Any

import msgspec
from litestar import Request, Router
from litestar.enums import OpenAPIMediaType
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin

VERSION = "1.0.0"


class DocumentPlugin(OpenAPIRenderPlugin):
    """Serves the document."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Write it as JSON."""
        return msgspec.json.encode(openapi_schema)


def openapi_config() -> OpenAPIConfig:
    """Build Litestar's configuration; nothing of it loads from another host."""
    return OpenAPIConfig(
        title="Linkwright",
        version=VERSION,
        use_handler_docstrings=True,
        openapi_router=Router(
            "/docs", route_handlers=[], include_in_schema=False, opt={"access": "open"}
        ),
        render_plugins=[
            DocumentPlugin(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON),
        ],
    )
