"""Makes values of any event or command: arbitrary ones for hypothesis, and one fixed golden one."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from domain.policy import Policy

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
TIMES = st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001
LARGEST = 2**53
GOLDEN_TIME = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)


def structs(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Give arbitrary values of a struct, made from its annotations."""
    return _struct(inspect.type_info(kind))


def _struct(info: inspect.Type) -> st.SearchStrategy[Any]:
    assert isinstance(info, inspect.StructType)
    fields = {field.name: _values(field.type) for field in info.fields}
    return st.fixed_dictionaries(fields).map(lambda values: info.cls(**values))


def _values(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.StructType(cls=cls) if cls is Policy:
            return st.builds(
                Policy, initialize_s=st.floats(0.1, 1e6), reconnect_budget=st.integers(1, 99)
            )
        case inspect.StructType():
            return _struct(info)
        case inspect.UnionType(types=types):
            return st.one_of(*map(_values, types))
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.EnumType(cls=cls):
            return st.sampled_from(cls)
        case inspect.VarTupleType(item_type=item):
            return st.lists(_values(item), max_size=3).map(tuple)
        case _:
            return _plain(info)


def _plain(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.StrType():
            return TEXT
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(-LARGEST, LARGEST)
        case inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case inspect.DateTimeType():
            return TIMES
        case inspect.NoneType():
            return st.none()
        case _:
            raise TypeError(f"no values for {info}")


def golden(kind: type[Any]) -> Any:  # noqa: ANN401  an event or a command
    """Give the one value of a struct that the golden files hold: no field has its default."""
    return _golden(inspect.type_info(kind), "", msgspec.UNSET)


def _golden(info: inspect.Type, name: str, default: object) -> Any:  # noqa: ANN401
    match info:
        case inspect.StructType(cls=cls) if cls is Policy:
            return Policy(initialize_s=12.5, reconnect_budget=3)
        case inspect.StructType(cls=cls, fields=fields):
            return cls(**{f.name: _golden(f.type, f.name, f.default) for f in fields})
        case inspect.UnionType(types=types):
            given = next(t for t in types if not isinstance(t, inspect.NoneType))
            return _golden(given, name, default)
        case inspect.LiteralType(values=values):
            return next(value for value in values if value != default)
        case inspect.EnumType(cls=cls):
            return next(value for value in cls if value != default)
        case _:
            return _golden_plain(info, name, default)


def _golden_plain(info: inspect.Type, name: str, default: object) -> Any:  # noqa: ANN401
    match info:
        case inspect.StrType():
            return f"the {name.replace('_', ' ')}"
        case inspect.BoolType():
            return default is not True
        case inspect.IntType():
            return 7
        case inspect.FloatType():
            return 0.25
        case inspect.DateTimeType():
            return GOLDEN_TIME
        case _:
            raise TypeError(f"no golden value for {info}")
