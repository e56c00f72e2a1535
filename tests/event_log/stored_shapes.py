"""What every event and input is stored as, described so that a change of it can be judged.

A field that has its default is not written. So a default is a part of what is stored: whoever
changes it changes what old texts say.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

from adapters.event_log.codec import KINDS, TOPICS
from adapters.event_log.lifting import LIFTS, Lifts, current_shape
from domain.log import Origin

Shape = Any
"""JSON: {"fields": {name: {"of": shape, "default"?: …}}}, {"one of": […]}, {"any of": […]},
{"list of": shape} or the name of a plain type."""

PLAIN: Mapping[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.BoolType: "yes or no",
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.DateTimeType: "time",
    inspect.NoneType: "nothing",
}


def stored_shapes(lifts: Lifts = LIFTS) -> dict[str, Shape]:
    """Describe everything that is stored in the log, by its name, with the number of its shape."""
    stored: dict[str, type[Any]] = {**TOPICS, **KINDS, "Origin": Origin}
    return {
        name: {"shape": current_shape(name, lifts), **describe(kind)}
        for name, kind in sorted(stored.items())
    }


def describe(kind: type[Any]) -> Shape:
    """Describe what a type is stored as."""
    return _described(inspect.type_info(kind))


def _described(info: inspect.Type) -> Shape:
    match info:
        case inspect.StructType(fields=fields):
            return {"fields": {field.encode_name: _field(field) for field in fields}}
        case inspect.EnumType(cls=cls):
            return {"one of": sorted(member.value for member in cls)}
        case inspect.LiteralType(values=values):
            return {"one of": sorted(values, key=str)}
        case inspect.UnionType(types=types):
            return {"any of": [_described(each) for each in types]}
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return {"list of": _described(item)}
        case _:
            return PLAIN[type(info)]


def _field(field: inspect.Field) -> Shape:
    described = {"of": _described(field.type)}
    if not field.required:
        default = field.default
        if default is msgspec.NODEFAULT:
            default = field.default_factory()
        described["default"] = msgspec.to_builtins(default)
    return described


def misfits(recorded: Shape, current: Shape, where: str) -> list[str]:
    """Name what keeps texts of a recorded shape from saying the same today."""
    before, after = _alternatives(recorded), _alternatives(current)
    if len(before) == len(after) == 1:
        return _misfits_of_one(before[0], after[0], where)
    return [
        f"{where} may not be {_short(old)} any more"
        for old in before
        if all(_misfits_of_one(old, new, where) for new in after)
    ]


def _alternatives(shape: Shape) -> list[Shape]:
    match shape:
        case {"any of": alternatives}:
            return alternatives
        case _:
            return [shape]


def _misfits_of_one(old: Shape, new: Shape, where: str) -> list[str]:
    match old, new:
        case {"fields": fields}, {"fields": fields_now}:
            return _misfits_of_fields(fields, fields_now, where)
        case {"one of": values}, {"one of": values_now}:
            gone = [value for value in values if value not in values_now]
            return [f"{where} may not be {value!r} any more" for value in gone]
        case {"list of": item}, {"list of": item_now}:
            return misfits(item, item_now, f"{where}[]")
        case _:
            return [] if old == new else [f"{where} was {_short(old)} and is {_short(new)}"]


def _misfits_of_fields(
    fields: Mapping[str, Shape], now: Mapping[str, Shape], where: str
) -> list[str]:
    found = [f"{where}.{name} is gone" for name in fields if name not in now]
    found += [
        f"{where}.{name} is new and has no default"
        for name, field in now.items()
        if name not in fields and "default" not in field
    ]
    for name in fields.keys() & now.keys():
        old, new = fields[name], now[name]
        if "default" in old and old.get("default") != new.get("default", msgspec.UNSET):
            found.append(f"{where}.{name} has lost its default, or has another one")
        found += misfits(old["of"], new["of"], f"{where}.{name}")
    return sorted(found)


def _short(shape: Shape) -> str:
    return shape if isinstance(shape, str) else next(iter(shape))


def judge(recorded: Mapping[str, Shape], current: Mapping[str, Shape]) -> list[str]:
    """Name what changed without a new shape number; a new number comes with a lift."""
    found = [
        f"{name} is gone: what it stored cannot be read" for name in recorded if name not in current
    ]
    for name, old in recorded.items():
        new = current.get(name)
        if new is not None and old["shape"] == new["shape"]:
            found += misfits(old, new, name)
    return found
