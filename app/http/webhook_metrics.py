"""How the webhooks stand, for `/metrics` and `/health/ready`.

A customer's receiver that is down never makes the service unready: it is told of, and goes on.
"""

import math

from prometheus_client import CollectorRegistry, Gauge

from adapters.event_log.database import Database
from adapters.event_log.standings import standings
from adapters.webhook_outbox import WebhookOutbox
from adapters.workers_seen import workers_silent_s
from app.projecting.registry import WEBHOOKS
from app.projecting.standing import Degraded

SILENT_S = 10.0
"""As for a worker: ten missed beats are no hiccup."""


class WebhookMetrics:
    """Gauges of each endpoint, by its id. What is counted is counted by the process that tells."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def of_each(name: str, meaning: str, *labels: str) -> Gauge:
            return Gauge(
                f"linkwright_webhook_{name}", meaning, ["webhook", *labels], registry=registry
            )

        self.tries = of_each("tries", "Tries so far, by outcome.", "outcome")
        self.lag_events = of_each("lag_events", "Positions of the log that it has not come to.")
        self.lag_s = of_each("lag_seconds", "How long the first of these has been in the log.")
        self.held_up = of_each("held_up_accounts", "Accounts whose next item did not arrive.")
        self.set_aside = of_each("set_aside_items", "Items that were given up.")
        self.failing_s = of_each("failing_seconds", "Since its last delivery, while none arrives.")
        self.disabled = of_each("disabled", "1: nothing is delivered.", "reason")
        self.silent = Gauge(
            "linkwright_webhooks_silent_seconds",
            "Since the last sign of life of the process that tells webhooks; NaN: never.",
            registry=registry,
        )
        self._gauges = (
            *(self.tries, self.lag_events, self.lag_s, self.held_up, self.set_aside),
            *(self.failing_s, self.disabled),
        )

    async def look(self, database: Database) -> None:
        """Set them all to what the database says now."""
        silent_s = await workers_silent_s(database, "webhooks")
        self.silent.set(math.nan if silent_s is None else silent_s)
        found = await WebhookOutbox(database).standings()
        for gauge in self._gauges:
            gauge.clear()
        lags = await standings(database, {one.id: one.position for one in found}) if found else []
        for lag in lags:
            self.lag_events.labels(lag.name).set(lag.lag_events)
            self.lag_s.labels(lag.name).set(lag.lag_s)
        for one in found:
            self.tries.labels(one.id, "delivered").set(one.delivered)
            self.tries.labels(one.id, "failed").set(one.failed_tries)
            self.held_up.labels(one.id).set(one.held)
            self.set_aside.labels(one.id).set(one.set_aside)
            self.failing_s.labels(one.id).set(one.failing_s)
            if one.disabled:
                self.disabled.labels(one.id, one.disabled).set(1)


async def degraded_webhooks(database: Database) -> tuple[Degraded, ...]:
    """Say what an operator should look at; nothing where there is no webhook."""
    found = await WebhookOutbox(database).standings()
    silent_s = await workers_silent_s(database, "webhooks")
    said: list[str] = []
    if found and silent_s is None:
        said.append("The process that tells webhooks has never started.")
    elif found and silent_s is not None and silent_s > SILENT_S:
        said.append(f"The process that tells webhooks has been silent for {silent_s:.0f} s.")
    given_up = sum(one.disabled in ("gone", "failing") for one in found)
    if given_up:
        which = "webhook was" if given_up == 1 else "webhooks were"
        said.append(f"{given_up:,} {which} disabled, for nothing arrived there: see /webhooks.")
    return (Degraded(projection=WEBHOOKS, sentence=" ".join(said)),) if said else ()
