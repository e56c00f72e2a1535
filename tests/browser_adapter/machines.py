"""The machines on which one account is opened in turn."""

from dataclasses import replace
from pathlib import Path

from adapters.browser.host import BrowserHost
from adapters.browser.spec import SessionSpec
from domain.observations import RecordReady
from tests.browser_adapter.driven import Driven
from tests.browser_adapter.stores import Shelf


class Machines:
    """Sessions of one account, on two machines that share the shelf."""

    def __init__(
        self, spec: SessionSpec, shelf: Shelf, hosts: dict[str, tuple[BrowserHost, Path]]
    ) -> None:
        self.driven: list[Driven] = []
        self._spec = spec
        self._shelf = shelf
        self._hosts = hosts

    def session(self, machine: str = "here", **changes: object) -> Driven:
        """Make the account's next attempt, on this machine."""
        host, profiles = self._hosts[machine]
        attempt = f"attempt-{len(self.driven) + 1}"
        spec = replace(self._spec, **{"attempt_id": attempt, **changes})  # type: ignore[arg-type]
        self.driven.append(Driven(host, spec, profiles, self._shelf))
        return self.driven[-1]

    async def comes_back(self, machine: str = "here", **changes: object) -> Driven:
        """Open the account; it must become READY without a code."""
        driven = self.session(machine, **changes)
        assert await driven.session.start()
        await driven.hears(RecordReady)
        assert "RecordQr" not in driven.kinds()
        return driven

    async def stop(self) -> None:
        """Stop whatever runs on them, and see that nothing is left."""
        for one in self.driven:
            await one.session.stop(keep=False)
        assert [one.processes.running() for one in self.driven] == [set()] * len(self.driven)
