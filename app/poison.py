"""What is said of an event that a projection cannot take in.

Never what the exception says: it may quote the event, and with it a phone number or a name.
"""

import traceback
from pathlib import Path

from adapters.event_log.errors import UnknownTopic, UnreadableEvent
from domain.log import RecordedEvent


def sentence_of(error: Exception, recorded: RecordedEvent | None = None) -> str:
    """Tell operators what went wrong and where in the code."""
    if isinstance(error, UnreadableEvent):
        return _unreadable(error)
    what = f"{recorded.topic} (version {recorded.version})" if recorded else "an event"
    return f"{what} raised {type(error).__name__} in {place_of(error)}."


def _unreadable(error: UnreadableEvent) -> str:
    if isinstance(error, UnknownTopic):
        return f"{error.topic} (version {error.version}) is unreadable here: {error.because}."
    return f"{error.topic} (version {error.version}) is unreadable here: its text does not fit."


def place_of(error: Exception) -> str:
    """Say where in the code it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    last = frames[-1]
    return f"{last.name}, {Path(last.filename).name} line {last.lineno}"
