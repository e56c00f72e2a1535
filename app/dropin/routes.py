"""Puts the drop-in APIs together; `LINKWRIGHT_DROP_INS` says whether there are any."""

from litestar import Router
from litestar.di import Provide

from app.dropin import blazz, erp, ghl
from app.dropin.back_end import provide_back_end
from app.dropin.problem_answers import in_seed_words
from app.http.parts import ApiParts


def drop_in_routes(api: ApiParts) -> list[Router]:
    """Build the routers; none when they are switched off."""
    if api.services.settings.drop_ins == "off":
        return []
    return [
        Router(
            "/api/whatsapp",
            route_handlers=[erp.initialize, erp.status, erp.events, erp.logout, erp.destroy],
            dependencies={"back_end": Provide(provide_back_end)},
            exception_handlers=in_seed_words(api),
        ),
        blazz.routes(api),
        ghl.routes(api),
    ]
