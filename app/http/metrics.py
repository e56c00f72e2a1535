"""What Prometheus scrapes. One registry for each application: tests make many."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.http.webhook_metrics import WebhookMetrics


class Metrics:
    """Counters of the API and its feed."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "linkwright_http_requests",
            "Requests answered, by route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "linkwright_http_request_seconds",
            "Time to the first byte of the answer; requests that wait on purpose included.",
            ["route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
            registry=self._registry,
        )
        self.problems = Counter(
            "linkwright_problems",
            "Problems answered, by type.",
            ["type"],
            registry=self._registry,
        )
        self.readers = Gauge(
            "linkwright_feed_readers", "Readers of the feed now.", registry=self._registry
        )
        self.position = Gauge(
            "linkwright_feed_position",
            "Log position up to which the feed has handed out.",
            registry=self._registry,
        )
        self.head = Gauge("linkwright_log_position", "Last position.", registry=self._registry)
        self.worker_silent = Gauge(
            "linkwright_worker_silent_seconds",
            "Since the last sign of life of a browser worker; NaN when there was none.",
            registry=self._registry,
        )
        self.standby_silent = Gauge(
            "linkwright_standby_silent_seconds",
            "The same of a standby process.",
            registry=self._registry,
        )

        self.webhooks = WebhookMetrics(self._registry)

        self.parked = self._of_projection(
            "linkwright_parked_partitions", "Streams that a projection could not go on with."
        )
        self.lag_events = self._of_projection(
            "linkwright_projection_lag_events", "Events in the log that it has not taken in yet."
        )
        self.lag_s = self._of_projection(
            "linkwright_projection_lag_seconds",
            "How long the first event that it has not taken in has been in the log.",
        )

    def _of_projection(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, ["projection"], registry=self._registry)

    def render(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)
