"""Puts the drop-in APIs together; `LINKWRIGHT_DROP_INS` says whether there are any."""

from litestar import Router
from litestar.di import Provide
from litestar.handlers import ASGIRouteHandler

from app.dropin import (
    blazz,
    erp,
    erp_sending,
    ghl,
    pusher_channel,
    single_qr,
    single_qr_sending,
    single_qr_socket,
)
from app.dropin.back_end import provide_back_end
from app.dropin.problem_answers import in_seed_words
from app.http.parts import ApiParts


def drop_in_routes(api: ApiParts) -> list[Router | ASGIRouteHandler]:
    """Build the routers; none when they are switched off."""
    if api.services.settings.drop_ins == "off":
        return []
    reverb = api.services.settings.reverb
    return [
        *([pusher_channel.route(api, reverb)] if reverb else []),
        Router(
            "/api/whatsapp",
            route_handlers=[
                erp.initialize,
                erp.status,
                erp.events,
                erp.logout,
                erp.destroy,
                erp_sending.send_message,
                erp_sending.send_proforma,
                erp_sending.send_dispatch,
                erp_sending.send_order,
                erp_sending.send_test,
                single_qr.setup_qr,
                single_qr.setup_status,
                single_qr_sending.send_with_failover,
                single_qr_sending.show_delivery,
            ],
            dependencies={"back_end": Provide(provide_back_end)},
            exception_handlers=in_seed_words(api),
        ),
        single_qr_socket.route(api),
        blazz.routes(api),
        ghl.routes(api),
    ]
