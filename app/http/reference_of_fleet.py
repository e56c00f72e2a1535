"""The reference's line of the route that decides many attempts again."""

from app.http import example_story as story
from app.http import replay_fleet as fleet
from app.http.reference_line import Line
from projections.replay.fleet import AttemptVerdict, Fleet
from projections.replay.what_if import Verdict


def _fleet() -> fleet.FleetAnswer:
    example = story.failed()
    different = AttemptVerdict(
        account_id=story.ACCOUNT,
        attempt=1,
        verdict=Verdict.DIVERGED,
        position=12,
        difference="QrIssued would be LinkFailed; FAILED (qr_expired) at the end, as recorded",
    )
    return fleet.FleetAnswer(
        position=example.position,
        fleet=Fleet(
            attempts=9, verdicts={Verdict.SAME: 8, Verdict.DIVERGED: 1}, different=(different,)
        ),
    )


FLEET: dict[str, Line] = {
    "replay_fleet": Line(
        body=fleet.FleetWanted(since=story.START, policy={"link_window_s": 200}),
        answer=_fleet,
        problems=("too_many_attempts", "bad_change", "request_in_progress"),
    ),
}
