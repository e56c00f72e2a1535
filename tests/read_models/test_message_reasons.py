"""Every reason of a message has its words, and docs/reference/messages.md lists the same.

`python -m tests.read_models.test_message_reasons` writes the list anew.
"""

from pathlib import Path

from domain.message_advice import MESSAGE_ADVICE, within
from domain.message_reasons import FINAL, MessageReason
from tests.lifecycle.test_docs import with_part

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "messages.md"


def written() -> str:
    lines = ["| Reason | Means | What to do |", "|---|---|---|"]
    for reason in MessageReason:
        advice = MESSAGE_ADVICE[reason]
        lines.append(f"| `{reason.value}` | {advice.sentence} | {advice.next_step} |")
    return with_part(PAGE.read_text("utf-8"), "reasons", "\n".join(lines))


def test_the_page_lists_what_the_code_has():
    assert PAGE.read_text("utf-8") == written()


def test_every_reason_has_its_words_and_can_stand_in_a_sentence():
    assert set(MESSAGE_ADVICE) == set(MessageReason)
    for reason, advice in MESSAGE_ADVICE.items():
        assert advice.sentence.endswith("."), reason
        assert advice.next_step.endswith("."), reason
        assert not within(reason).endswith("."), reason
        assert reason.value == reason.name.lower()


def test_what_no_page_can_send_is_said_of_the_message_itself():
    names = {reason.value for reason in FINAL}
    assert names == {"not_on_whatsapp", "file_refused", "file_too_large"}


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
