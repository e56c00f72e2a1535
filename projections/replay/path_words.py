"""A path in words: what the drawings, the diagram's text and the terminal say of it."""

from projections.replay.path import Path, StatusVisits, Transition

TIMES = "\N{MULTIPLICATION SIGN}"
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


def duration(seconds: float) -> str:
    """Give a time as people read it: the two largest units, tenths below a minute."""
    tenths, whole = round(abs(seconds), 1), round(abs(seconds))
    sign = "-" if seconds < 0 else ""
    if tenths < MINUTE_S:
        return f"{sign}{tenths:.1f} s"
    if whole < HOUR_S:
        return f"{sign}{whole // MINUTE_S} min {whole % MINUTE_S} s"
    if whole < DAY_S:
        return f"{sign}{whole // HOUR_S} h {whole % HOUR_S // MINUTE_S} min"
    return f"{sign}{whole // DAY_S} d {whole % DAY_S // HOUR_S} h"


def visits(one: StatusVisits) -> str:
    """Say how often and how long a status was."""
    if not one.visits:
        return "not visited"
    return f"{one.visits}{TIMES} · {duration(one.time_s)}"


def often(one: Transition) -> str:
    """Say how often a transition was taken."""
    return f"{one.count}{TIMES}"


def after(one: Transition) -> str:
    """Say how long the status before had lasted; the mean of several times."""
    mean = "⌀ " if one.count > 1 else ""
    return f"{mean}{duration(one.after_s / one.count)}"


def taken(one: Transition) -> str:
    """Say both."""
    return f"{often(one)} · {after(one)}"


def made_by(one: Transition) -> str:
    """Name the events that made a transition, with counts where there is more than one kind."""
    if len(one.events) == 1:
        return next(iter(one.events))
    return ", ".join(f"{name} {count}{TIMES}" for name, count in one.events.items())


def description(path: Path) -> str:
    """Tell the whole path in sentences, for those who cannot see it."""
    been = [f"{one.status.value} {visits(one)}" for one in path.statuses if one.visits]
    steps = [
        f"{one.source.value} to {one.to.value} {taken(one)} ({made_by(one)})"
        for one in path.transitions
        if one.count
    ]
    told = [f"Visited: {', '.join(been)}." if been else "Nothing was visited."]
    if steps:
        told.append(f"Taken: {'; '.join(steps)}.")
    return " ".join(told)


def title_of(account_id: str, attempt: int | None) -> str:
    """Name what the path is of."""
    return f"Attempt {attempt} of {account_id}" if attempt else f"Account {account_id}"
