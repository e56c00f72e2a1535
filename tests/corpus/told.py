"""Logs told by hand: every tale in some variations of times and people."""

from collections.abc import Callable, Mapping
from random import Random

from projections.replay.account_log import AccountLog
from tests.corpus import tales_of_absence, tales_of_codes, tales_of_links, tales_of_pages
from tests.corpus.labelled import Labelled
from tests.corpus.telling import ACCOUNT, Telling

Tale = Callable[[Telling], object]
BOOKS: dict[str, Mapping[str, tuple[Tale, ...]]] = {
    "codes": tales_of_codes.TALES,
    "pages": tales_of_pages.TALES,
    "links": tales_of_links.TALES,
    "absence": tales_of_absence.TALES,
}
TIMES = 4
"""So often is each tale told."""


def told() -> list[Labelled]:
    """Tell all tales; the same logs every time."""
    logs: list[Labelled] = []
    for book, tales in BOOKS.items():
        for label, variants in tales.items():
            for nth, tale in enumerate(variants, start=1):
                logs += [_tell(tale, label, f"{book}, {label} {nth}.{n}") for n in range(TIMES)]
    return logs


def _tell(tale: Tale, label: str, name: str) -> Labelled:
    telling = Telling(Random(name))  # noqa: S311  it must be repeatable, not secret
    tale(telling)
    return _labelled(telling, name, label)


def _labelled(telling: Telling, name: str, label: str) -> Labelled:
    inputs, events = telling.story.of(ACCOUNT)
    return Labelled(
        source="told",
        name=name,
        log=AccountLog(account_id=ACCOUNT, inputs=tuple(inputs), events=tuple(events)),
        labels=telling.labels | {telling.account.attempts: label},
        now=telling.explained_by,
    )
