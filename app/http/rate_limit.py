"""How often one caller may call: counted in windows that begin with a caller's first request.

Each process counts for itself, and forgets at a restart.
"""

from collections import OrderedDict
from math import ceil

import msgspec

MOST_CALLERS = 10_000
"""Callers that are counted at once, about 2 MB; the one not seen for longest is forgotten."""
WINDOW_S = 60.0
CALLS = 1000
"""Seed qr-integration-final."""
CODES = 30
"""Seed qr-scan-failure-flow, fix 4."""


class Spent(msgspec.Struct, frozen=True):
    """How far a caller has used up its minute."""

    most: int
    left: int
    """Below 0: this call was one too many."""
    again_in_s: int
    """Until the caller has all of them again."""
    window_s: int = int(WINDOW_S)


class RateLimit:
    """At most `most` calls of one caller in a minute."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admits(self, caller: str, now_s: float) -> bool:
        """Count a call; False when the caller has used up its minute."""
        return self.count(caller, now_s).left >= 0

    def count(self, caller: str, now_s: float) -> Spent:
        """Count a call, unless the caller has used up its minute."""
        began_s, calls = self._windows.get(caller, (now_s, 0))
        if now_s - began_s >= WINDOW_S:
            began_s, calls = now_s, 0
        if calls < self.most:
            self._windows[caller] = (began_s, calls + 1)
            self._windows.move_to_end(caller)
            if len(self._windows) > MOST_CALLERS:
                self._windows.popitem(last=False)
        return Spent(self.most, self.most - calls - 1, ceil(began_s + WINDOW_S - now_s))


class CallLimits:
    """How often one caller may call. The numbers are the seeds'."""

    def __init__(self, calls: int = CALLS, codes: int = CODES) -> None:
        self.codes = RateLimit(codes)
        """Requests for a code at a drop-in API, by address and workspace."""
        self.account_codes = RateLimit(codes)
        """Requests for a code, by key and account."""
        self.requests = RateLimit(calls)
        """All requests, by address and by key."""
