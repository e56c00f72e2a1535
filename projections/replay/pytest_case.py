"""Writes a regression as a pytest file: plain literals, the domain, and nothing else of ours."""

import textwrap
from datetime import datetime
from enum import Enum
from typing import cast

import msgspec

from domain.account import NEW
from domain.status import Status
from projections.replay.playing import Ending
from projections.replay.pytest_text import CLOCK_DRIVER, CLOCK_PROPERTY, DRIVER, HEAD, PROPERTY
from projections.replay.regression import Expected, Regression
from projections.replay.stand_ins import START

WIDTH = 100
INDENT = "    "
NEEDED = {
    ("domain.account", "NEW"),
    ("domain.commands", "AnyCommand"),
    ("domain.decide", "decide"),
    ("domain.decision", "Ignored"),
    ("domain.events", "AccountEvent"),
    ("domain.evolve", "evolve"),
    ("domain.evolve", "replay"),
    ("domain.refusals", "Refused"),
    ("domain.status", "Status"),
}
NEEDED_WITH_A_CLOCK = {
    ("domain.commands", "ExpireDeadline"),
    ("domain.deadlines", "Awaited"),
    ("domain.deadlines", "Deadline"),
    ("domain.status", "LINKING"),
}


class PytestCase(msgspec.Struct, frozen=True, kw_only=True):
    """A regression test, and what it is made of."""

    name: str
    """Of the test function."""
    source: str
    """The whole file."""
    recorded: str
    """How the recorded story ended, and the test's with it on a build that has the fault."""
    expected: str
    """How it should end; empty: only not as it did."""
    goes_wrong_here: bool
    """This build has the fault: the test is red on it."""
    inputs_recorded: int
    inputs_left: int


def pytest_case(regression: Regression) -> PytestCase:
    """Write the file."""
    literals = _Literals()
    literals.needed |= NEEDED | (NEEDED_WITH_A_CLOCK if regression.clock else set())
    case = regression.case
    before = "NEW" if case.account == NEW else literals.of(case.account, 0)
    if before != "NEW":
        literals.needed.remove(("domain.account", "NEW"))
    inputs = "".join(f"{INDENT}{literals.of(one, 1)},\n" for one in case.inputs)
    name = _test_name(regression.recorded, regression.expected)
    test = f"def {name}() -> None:\n{_check(literals, regression)}"
    source = HEAD.format(
        story=_told(regression),
        imports=literals.imports(),
        start=START,
        before=before,
        inputs=inputs,
        driver=CLOCK_DRIVER if regression.clock else DRIVER,
        test=test,
        property=CLOCK_PROPERTY if regression.clock else PROPERTY,
    )
    return PytestCase(
        name=name,
        source=source,
        recorded=str(regression.recorded),
        expected=str(regression.expected or ""),
        goes_wrong_here=regression.goes_wrong_here,
        inputs_recorded=regression.inputs_recorded,
        inputs_left=len(case.inputs),
    )


def _told(regression: Regression) -> str:
    expected = regression.expected
    should = f"It should have ended {expected}." if expected else "It should not have."
    decides, shown = ("as the recording did", "red"), ("otherwise", "green")
    how, colour = decides if regression.goes_wrong_here else shown
    seen = f"The build that wrote this test decides the inputs {how}: on it the test is {colour}."
    return f"A recorded story ended {regression.recorded}. {should}\n\n{textwrap.fill(seen, WIDTH)}"


def _test_name(recorded: Ending, expected: Expected | None) -> str:
    shown = expected or recorded
    words = [shown.status.value.lower(), shown.reason.value if shown.reason else ""]
    return "_".join(filter(None, ("test_it_ends" if expected else "test_it_does_not_end", *words)))


def _check(literals: "_Literals", regression: Regression) -> str:
    expected, recorded = regression.expected, regression.recorded
    lines = ["account = play(INPUTS).account"]
    if expected is not None and expected.reason is None:
        lines.append(f"assert account.status is {literals.of(expected.status, 0)}")
    elif expected is not None:
        ending = literals.of((expected.status, expected.reason), 0)
        lines.append(f"assert (account.status, account.reason) == {ending}")
    elif recorded.status is Status.DISCONNECTED:
        ending = literals.of((recorded.status, recorded.reason, recorded.awaited), 0)
        lines.append("awaited = account.deadline and account.deadline.awaited")
        lines.append(f"assert (account.status, account.reason, awaited) != {ending}")
    else:
        ending = literals.of((recorded.status, recorded.reason), 0)
        lines.append(f"assert (account.status, account.reason) != {ending}")
    return "".join(f"{INDENT}{line}\n" for line in lines)


class _Literals:
    """Writes values as the code that makes them, and notes what that has to import."""

    def __init__(self) -> None:
        self.needed: set[tuple[str, str]] = set()

    def of(self, value: object, depth: int) -> str:
        """Write one value, `depth` indents deep."""
        match value:
            case msgspec.Struct():
                return self._struct(value, depth)
            case Enum():
                return f"{self._name(type(value))}.{value.name}"
            case datetime():
                return f"at({(value - START).total_seconds():g})"
            case tuple():
                parts = [self.of(one, depth) for one in cast("tuple[object, ...]", value)]
                return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
            case str():
                return msgspec.json.encode(value).decode()  # quotes in it stay in it
            case _:
                return repr(value)

    def _struct(self, struct: msgspec.Struct, depth: int) -> str:
        name = self._name(type(struct))
        parts = [
            f"{field.name}={self.of(getattr(struct, field.name), depth + 1)}"
            for field in msgspec.structs.fields(struct)
            if getattr(struct, field.name) != field.default
        ]
        line = f"{name}({', '.join(parts)})"
        if len(line) + len(INDENT) * depth < WIDTH and "\n" not in line:
            return line
        inside = INDENT * (depth + 1)
        return f"{name}(\n{''.join(f'{inside}{part},{chr(10)}' for part in parts)}{INDENT * depth})"

    def _name(self, kind: type[object]) -> str:
        self.needed.add((kind.__module__, kind.__name__))
        return kind.__name__

    def imports(self) -> str:
        """Write the imports, sorted."""
        modules = sorted({module for module, _ in self.needed})
        return "".join(self._import(module) for module in modules)

    def _import(self, module: str) -> str:
        names = sorted(name for where, name in self.needed if where == module)
        line = f"from {module} import {', '.join(names)}\n"
        if len(line) <= WIDTH:
            return line
        return (
            f"from {module} import (\n{''.join(f'{INDENT}{name},{chr(10)}' for name in names)})\n"
        )
