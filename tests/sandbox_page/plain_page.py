"""The stand-in page by itself, without wa-js."""

from tests.sandbox_page.stand_in import WhatsAppPage

SOCKET = "require('WAWebSocketModel').Socket"
STREAM = "require('WAWebStreamModel').Stream"
MY_NUMBER = "require('WAWebUserPrefsMeUser').getMaybeMePnUser()?.user"


class PlainPage(WhatsAppPage):
    """Without wa-js: what the stand-in does by itself."""

    async def mode(self, wanted: str) -> None:
        await self.until(f"window.require && {STREAM}.mode === '{wanted}'")
