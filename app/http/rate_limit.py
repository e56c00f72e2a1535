"""How often one caller may call: counted in windows that begin with a caller's first request.

Each process counts for itself, and forgets at a restart.
"""

from collections import OrderedDict

MOST_CALLERS = 10_000
"""Callers that are counted at once, about 2 MB; the one not seen for longest is forgotten."""
WINDOW_S = 60.0


class RateLimit:
    """At most `most` calls of one caller in a minute."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admits(self, caller: str, now_s: float) -> bool:
        """Count a call; False when the caller has used up its minute."""
        began_s, calls = self._windows.get(caller, (now_s, 0))
        if now_s - began_s >= WINDOW_S:
            began_s, calls = now_s, 0
        if calls >= self.most:
            return False
        self._windows[caller] = (began_s, calls + 1)
        self._windows.move_to_end(caller)
        if len(self._windows) > MOST_CALLERS:
            self._windows.popitem(last=False)
        return True


class CallLimits:
    """How often one address may call a drop-in API. The numbers are the seeds'."""

    def __init__(self) -> None:
        self.codes = RateLimit(30)
        """Requests for a code (seed qr-scan-failure-flow, fix 4)."""
        self.calls = RateLimit(1000)
        """All requests (seed qr-integration-final)."""
