"""The page of causes says what the rules say.

`python -m tests.read_models.test_causes_page` writes it anew.
"""

from pathlib import Path

from domain.reasons import Reason
from projections.cause_table import CAUSES, EXACT
from projections.causes import RULES, RULES_VERSION

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "causes.md"


def causes_page() -> str:
    lines = [
        "# Causes",
        "",
        "Written from the code by `python -m tests.read_models.test_causes_page`. The codes that",
        "`why` answers with: `/v1/accounts/{id}/why`, `/v1/accounts/{id}/attempts/{n}/why`,",
        "`./linkwright replay why`, the story page, statistics and bundles. A cause comes with the",
        "positions of the events that prove it: the attempt's ending, and what the table names.",
        "",
        f"The rules are version {RULES_VERSION} (`rules_version` in an answer): the same log and",
        "version always give the same cause. `unknown` is the answer when the rows at hand, of a",
        "story that is not told from its beginning, do not show how the attempt ended.",
        "",
        "The corpus of labelled logs in `tests/corpus` has each of the first table's causes at",
        "least three times, and each [reason](reasons.md); `python -m tests.corpus` counts them.",
        "",
        "## What rules name more exactly than the reason",
        "",
        "| Cause | Means | Behind the reason | Proved by the ending and | Who acts | What to do |",
        "|---|---|---|---|---|---|",
        *(_exact(code) for code in EXACT),
        "",
        "## The reason itself",
        "",
        "Where no rule names more, the cause has the reason's own code, sentence and advice, as in",
        "[the list of reasons](reasons.md), and says what was seen. Some have proof of their own:",
        "",
        "| Cause | Proved by the ending and |",
        "|---|---|",
        *(_own(reason) for reason in Reason if _has_proof(reason)),
    ]
    return "\n".join(lines) + "\n"


def _exact(code: str) -> str:
    cause, advice = EXACT[code], EXACT[code].advice
    reasons = ", ".join(f"`{reason.value}`" for reason in cause.reasons)
    actor = advice.actor.replace("_", " ")
    cells = (advice.sentence, reasons, cause.proof, actor, advice.next_step)
    return f"| `{code}` | {' | '.join(cells)} |"


def _has_proof(reason: Reason) -> bool:
    return not CAUSES[reason.value].proof.startswith("nothing")


def _own(reason: Reason) -> str:
    return f"| `{reason.value}` | {CAUSES[reason.value].proof} |"


def test_the_page_is_as_the_rules_would_write_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == causes_page()


def test_every_exact_cause_is_behind_a_reason_that_has_rules() -> None:
    for code, cause in EXACT.items():
        assert cause.reasons, code
        assert set(cause.reasons) <= set(RULES), code


if __name__ == "__main__":
    PAGE.write_text(causes_page(), encoding="utf-8")
