"""Runs a produced test."""

from types import ModuleType

from projections.replay.pytest_case import PytestCase


def module_of(case: PytestCase) -> ModuleType:
    module = ModuleType("produced")
    exec(compile(case.source, "produced.py", "exec"), module.__dict__)  # noqa: S102  our own text
    return module


def is_green(case: PytestCase) -> bool:
    module = module_of(case)
    try:
        getattr(module, case.name)()
    except AssertionError:
        return False
    for name, test in vars(module).items():
        if name.startswith("test_in_any_order"):
            test.hypothesis.inner_test(module.INPUTS)
    return True
