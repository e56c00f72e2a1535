"""The drop-ins can be taken away, and then leave nothing behind."""

from msgspec.structs import replace

from app.http.application import create_api
from tests.running_api import RunningApi


def paths(api: RunningApi, switch: str) -> set[str]:
    settings = replace(api.services.settings, drop_ins=switch)
    application = create_api(replace(api.services, settings=settings))
    return {route.path for route in application.routes}


async def test_their_routes_are_there_unless_they_are_switched_off(api: RunningApi) -> None:
    gone = paths(api, "on") - paths(api, "off")
    assert {"/api/whatsapp/initialize", "/api/whatsapp/setup-qr", "/socket.io"} <= gone
    assert not any(path.startswith("/v1") for path in gone), gone
