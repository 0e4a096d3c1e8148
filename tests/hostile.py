"""A plugin that does to the server whatever its setting ``how`` says; for tests of what that harms."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from scimserver import errors
from scimserver.hookspecs import MapContext, PluginInfo, hookimpl


class Explosive(Mapping[str, Any]):
    """A mapping that gives one field and then fails."""

    def __getitem__(self, name: str) -> Any:
        return 1

    def __iter__(self) -> Iterator[str]:
        yield "first"
        raise RuntimeError("ada@larkfield.example")

    def __len__(self) -> int:
        return 2


class Endless(Mapping[str, Any]):
    """A mapping that never ends."""

    def __getitem__(self, name: str) -> Any:
        return "x"

    def __iter__(self) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"field{number}"

    def __len__(self) -> int:
        return 1


class EndlessList(list[Any]):
    """A list that never ends."""

    def __iter__(self) -> Iterator[Any]:
        while True:
            yield 1


class Liar:
    """Says that it is something else."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return self._kind


class OddMoment(datetime):
    """A datetime that gives itself out in a form that no driver knows."""

    def replace(self, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        return object()


class OddZone(tzinfo):
    """A time zone that answers once."""

    asked = 0

    def utcoffset(self, _: datetime | None) -> timedelta:
        self.asked += 1
        if self.asked > 2:
            raise RuntimeError("asked again")
        return timedelta(hours=1)


def nested(levels: int) -> dict[str, Any]:
    """Objects in each other."""
    made: dict[str, Any] = {}
    for _ in range(levels):
        made = {"in": made}
    return made


def recurse() -> Any:
    """Never come back."""
    return recurse()


def fail(error: BaseException) -> Any:
    """Raise what is given."""
    raise error


def spoil(context: MapContext, resource: Any, document: Any, stored: Any) -> Any:
    """Change everything that can be reached, then return what cannot be stored."""
    for given in (resource, document, stored or {}):
        for value in list(given.values()):
            if isinstance(value, list | dict):
                value.clear()
        given.clear()
        given["spoilt"] = True
    context.settings["how"] = "spoilt"  # type: ignore[index]


Act = Callable[[MapContext, Any, Any, Any], Any]

FAILS: dict[str, Act] = {
    "raises": lambda *_: fail(KeyError("ada@larkfield.example")),
    "exits": lambda *_: fail(SystemExit(3)),
    "cancels": lambda *_: fail(asyncio.CancelledError()),
    "ends a generator": lambda *_: fail(GeneratorExit()),
    "groups": lambda *_: fail(BaseExceptionGroup("many", [SystemExit(1)])),
    "recurses": lambda *_: recurse(),
    "has no memory": lambda *_: fail(MemoryError()),
    "refuses in the mapper": lambda *_: fail(errors.InvalidValue("no")),
    "20 MB": lambda *_: {"big": "x" * 20_000_000},
    "20 MB of names": lambda *_: {"big": {f"field{n}": 1 for n in range(1_000_000)}},
    "an object": lambda *_: {"badge": {"lines": [1, object()]}},
    "a set": lambda *_: {"badge": {1, 2}},
    "bytes": lambda *_: {"badge": b"x"},
    "dotted": lambda *_: {"badge": {"a.b": 1}},
    "dollar": lambda *_: {"badge": {"$set": 1}},
    "no name": lambda *_: {"": 1},
    "a number as name": lambda *_: {7: 1},
    "half a pair as name": lambda *_: {"\ud800": 1},
    "half a pair": lambda *_: {"badge": "\ud800"},
    "not a number": lambda *_: {"badge": float("nan")},
    "infinite": lambda *_: {"badge": float("inf")},
    "a huge number": lambda *_: {"badge": 1 << 63},
    "deep": lambda *_: {"badge": nested(100)},
    "very deep": lambda *_: {"badge": nested(50_000)},
    "a mapping that fails": lambda *_: {"badge": Explosive()},
    "a document that fails": lambda *_: Explosive(),
    "endless": lambda *_: Endless(),
    "an endless list": lambda *_: {"badge": EndlessList()},
    "lies to be a mapping": lambda *_: Liar(dict),
    "lies to be a text": lambda *_: {"badge": Liar(str)},
    "lies to be a moment": lambda *_: {"badge": Liar(datetime)},
    "lies to be a list": lambda *_: {"badge": Liar(list)},
    "a coroutine": lambda *_: asyncio.sleep,
    "a long name": lambda *_: {"x" * 100_000: object()},
    "spoils": spoil,
}
"""What stops the write: 500."""

HARMLESS: dict[str, Act] = {
    "nothing": lambda *_: {},
    "holds the loop": lambda *_: time.sleep(0.06) or {},
    "an odd moment": lambda *_: {"at": OddMoment(2026, 1, 2, tzinfo=OddZone())},
    "spoils its input": lambda c, r, d, s: (r.clear(), d.clear(), (s or {}).clear(), {})[-1],
}
"""What goes through."""


@hookimpl
def scim_plugin_info() -> PluginInfo:
    """Describe the plugin."""
    return PluginInfo("hostile", settings_schema={"properties": {"how": {"default": "nothing"}}})


@hookimpl
def scim_map(context: MapContext, resource: Any, document: Any, stored: Any) -> Any:
    """Do it, unless the resource is to be left alone."""
    if str(resource.get("userName", "")).startswith("spared"):
        return {"spared": True}
    return {**FAILS, **HARMLESS}[context.settings["how"]](context, resource, document, stored)
