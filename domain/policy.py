"""Every number that a deployment may set, with where its default comes from.

A policy is stored with the attempt that ran under it, so that a replay can ask what another
policy would have done.
"""

from datetime import timedelta

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Limits of one attempt and of keeping its link. All durations are in seconds."""

    initialize_s: float = 30.0
    """Longest silence of the page while INITIALIZING (seed qr-generation-fix: stuck after 30 s)."""
    start_queue_s: float = 300.0
    """Longest wait for a turn to start the browser. Twenty starts at once take 8 s on two cores
    (design/browser.md), so this is some 700 of them."""
    link_window_s: float = 300.0
    """How long codes are renewed for one attempt (seed qr-scan-failure-flow: 5 minutes)."""
    authentication_s: float = 60.0
    """Longest silence while AUTHENTICATING; every sync progress starts it anew (lifecycle.md)."""
    phone_number_s: float = 10.0
    """2.5 s and 15 looks 500 ms apart (seed qr-integration-final)."""
    passkey_s: float = 120.0
    """How long a demanded passkey may take before the attempt fails by name."""
    health_look_s: float = 30.0
    """How often a page that is READY is asked whether WhatsApp's own modules still answer."""
    logout_s: float = 15.0
    """How long the page may take to confirm a logout before it is recorded as unconfirmed."""
    reconnect_first_s: float = 2.0
    """Delay before the first reconnect; doubles with every further one."""
    reconnect_most_s: float = 300.0
    """The delay never grows beyond 5 minutes (OpenWA's policy, peers.md)."""
    reconnect_budget: int = 20
    """Reconnects in a row before the account stays DISCONNECTED: over an hour at these delays."""
    reconnect_reset_after_s: float = 300.0
    """READY for this long gives the whole reconnect budget back (OpenWA: 5 minutes)."""
    standby_retry_s: float = 300.0
    """A standby that failed is tried again every 5 minutes (seed single-qr-dual-method)."""

    def __post_init__(self) -> None:
        """Refuse numbers that would switch a deadline off: ValueError names the field."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not 0 < value < 86_400 * 365:
                message = f"policy.{name} must lie between 0 and a year, not {value!r}"
                raise ValueError(message)

    def reconnect_delay(self, tries: int, jitter: float) -> timedelta:
        """Exponential back-off after `tries` reconnects; `jitter` in [0, 1) takes up to half.

        Half of the delay is kept so that accounts lost together do not return together and none
        returns at once (AWS, "exponential backoff and jitter": equal jitter).
        """
        full_s = min(self.reconnect_most_s, self.reconnect_first_s * 2.0 ** min(tries, 30))
        return timedelta(seconds=full_s / 2 + full_s / 2 * jitter)
