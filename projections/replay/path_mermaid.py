"""A path as the text of a Mermaid diagram, for a page or an issue that draws such texts."""

from projections.replay.path import Path, Transition
from projections.replay.path_words import made_by, taken, visits

GREY = "fill:none,stroke:#9aa5a3,color:#9aa5a3"
"""Legible on light and dark alike; Mermaid gives styles to statuses, not to arrows."""


def mermaid(path: Path) -> str:
    """Write it; what was not taken stands in parentheses."""
    lines = ["stateDiagram-v2", f"    classDef unvisited {GREY}"]
    for one in path.statuses:
        name = one.status.value
        lines.append(f'    state "{name}<br/>{visits(one)}" as {name}')
    lines += [
        f"    {one.source.value} --> {one.to.value}: {_told(one)}" for one in path.transitions
    ]
    unvisited = [one.status.value for one in path.statuses if not one.visits]
    if unvisited:
        lines.append(f"    class {','.join(unvisited)} unvisited")
    return "\n".join(lines) + "\n"


def _told(one: Transition) -> str:
    return f"{taken(one)}, {made_by(one)}" if one.count else f"({', '.join(one.legal)})"
