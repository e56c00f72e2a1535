"""`python -m tests.corpus` holds `why` against the corpus; `… record` plays the scenes anew."""

import argparse
import sys

from tests.corpus import kept
from tests.corpus.judge import Judged, judge
from tests.corpus.record import RECORDED, record
from tests.corpus.simulated import SEEDS, simulated
from tests.corpus.told import told


def main(arguments: list[str]) -> int:
    """Run one of the commands; 1 when something is wrong."""
    options = _options().parse_args(arguments)
    if options.command == "record":
        return record(options.times, options.only)
    answers = judge([*told(), *simulated(options.seeds), *kept.read(RECORDED)])
    sys.stdout.write(table(answers))
    wrong = [answer for answer in answers if not answer.right]
    sys.stdout.writelines(f"{answer}\n" for answer in wrong)
    return 1 if wrong else 0


def table(answers: list[Judged]) -> str:
    """Count the answers by label."""
    by_label: dict[str, list[Judged]] = {}
    for answer in sorted(answers, key=lambda answer: answer.label):
        by_label.setdefault(answer.label or "(linked)", []).append(answer)
    lines = [_line(label, of_it) for label, of_it in by_label.items()]
    head = f"{'label':28}{'count':>7}{'right':>7}{'wrong':>7}{'unknown':>9}\n"
    return "".join([head, *lines, _line("all", answers)])


def _line(label: str, answers: list[Judged]) -> str:
    right = sum(answer.right for answer in answers)
    unknown = sum(answer.code == "unknown" for answer in answers)
    wrong = len(answers) - right - unknown
    return f"{label:28}{len(answers):7}{right:7}{wrong:7}{unknown:9}\n"


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"simulated (default: {SEEDS})")
    commands = parser.add_subparsers(dest="command")
    recording = commands.add_parser("record", help="play every performance with a real browser")
    recording.add_argument("--times", type=int, default=3, help="how often each (default: 3)")
    recording.add_argument("--only", default="", help="only performances with this in their name")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
