"""The reference's line of the route that explains one attempt."""

from app.http import example_story as story
from app.http.attempt_why import AttemptWhyAnswer
from app.http.reference_line import Line
from projections.timeline import timeline
from projections.why import attempt_why


def _attempt_why() -> AttemptWhyAnswer:
    example = story.failed()
    explained = attempt_why(timeline(example.inputs, example.events), 1)
    if explained is None:
        message = "the example has an attempt"
        raise AssertionError(message)
    return AttemptWhyAnswer(position=example.position, why=explained)


WHY: dict[str, Line] = {
    "attempt_why": Line(answer=_attempt_why, problems=("no_such_attempt",)),
}
"""Of the group `Story`."""
