"""The lifecycle as text for people, drawn from the table: a Mermaid diagram, a list of events."""

from domain.lifecycle import TABLE
from domain.status import Status


def transitions() -> dict[tuple[Status, Status], tuple[str, ...]]:
    """Give each pair of statuses that a step leads across, with the events that do, in order."""
    arrows: dict[tuple[Status, Status], tuple[str, ...]] = {}
    for event, sources, to in TABLE:
        for source in sources:
            if to is not None and to is not source:
                arrows[source, to] = (*arrows.get((source, to), ()), event.__name__)
    order = list(Status)
    return dict(sorted(arrows.items(), key=lambda one: [order.index(end) for end in one[0]]))


def diagram() -> str:
    """Draw the steps that change the status as a Mermaid stateDiagram-v2, one arrow per pair."""
    lines = ["stateDiagram-v2", f"    [*] --> {Status.NOT_CREATED.value}"]
    for (source, to), events in transitions().items():
        lines.append(f"    {source.value} --> {to.value}: {', '.join(events)}")
    return "\n".join(lines)


def event_table() -> str:
    """List every event with where it may happen and where it leads, as a Markdown table."""
    lines = ["| Event | May happen when | Leads to |", "|---|---|---|"]
    for event, sources, to in TABLE:
        when = "always" if len(sources) == len(Status) else ", ".join(s.value for s in sources)
        leads = "the same status" if to is None else to.value
        lines.append(f"| `{event.__name__}` | {when} | {leads} |")
    return "\n".join(lines)
