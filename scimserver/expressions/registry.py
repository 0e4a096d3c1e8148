"""The table of functions. A function's signature in Python says all that the language has to know of it.

* A parameter's annotation names its kind (:mod:`.kinds`).
* A kind without ``| None``: a null argument makes the result null, and the function is not run.
* A kind with ``| None``: the function sees the null, and its docstring says what comes of it.
* A default: the argument may be left out.
* ``*name``: any number of arguments; with ``| None`` one of them that is left out is null.
* A first parameter of type :class:`~.context.Context`: the result depends on more than the arguments.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .context import Context
from .kinds import KINDS, Kind
from .problems import Refused
from .tree import Node

_Run = TypeVar("_Run", bound=Callable[..., Any])
Check = Callable[[Sequence[Node]], None]
"""A rule about the arguments that needs no value; raises :class:`Misfit`."""
Varies = Callable[[Sequence[Node]], bool]
"""Tell whether a call with these arguments may give one source two values."""

_SIGNATURE = re.compile(r"(\w+)\((.*)\)")


class LeftOut(Enum):
    """Default of a parameter whose function tells an argument that is left out from a null."""

    LEFT_OUT = "left out"


LEFT_OUT = LeftOut.LEFT_OUT
REQUIRED: Any = object()
"""Default of a parameter that is required, though one before it is not."""


class Misfit(Refused):
    """Why arguments do not fit together; ``argument`` is the number of the one that is wrong, if it is one."""

    def __init__(self, message: str, argument: int | None = None) -> None:
        super().__init__(message)
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, by its name in the language."""

    name: str
    kind: Kind
    takes_null: bool
    required: bool
    default: Any = None


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language; ``repeated`` is the parameter of all arguments behind ``parameters``."""

    name: str
    signature: str
    run: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    repeated: Parameter | None
    wants_context: bool
    top_level: bool
    check: Check | None
    varies: Varies | None = None
    """None: equal arguments always give an equal value."""

    @property
    def least(self) -> int:
        """Fewest arguments."""
        return max((place for place, parameter in enumerate(self.parameters, 1) if parameter.required), default=0)

    @property
    def most(self) -> int | None:
        """Most arguments, None for any number."""
        return None if self.repeated else len(self.parameters)

    def pairs(self, arguments: Sequence[Node]) -> Iterator[tuple[Parameter, Node]]:
        """Yield each argument with its parameter; there must not be more than ``most``."""
        for number, argument in enumerate(arguments):
            parameter = self.parameters[number] if number < len(self.parameters) else self.repeated
            assert parameter is not None
            yield parameter, argument


FUNCTIONS: dict[str, Function] = {}
"""Every function, by its exact name."""


def always(arguments: Sequence[Node]) -> bool:
    """Say that a function varies whatever its arguments are."""
    return True


def function(
    signature: str, *, top_level: bool = False, check: Check | None = None, varies: Varies | None = None
) -> Callable[[_Run], _Run]:
    """Enter a function under its signature in the language, such as ``Left(string, numChars)``."""

    def enter(run: _Run) -> _Run:
        entry = _entry(signature, run, top_level, check, varies)
        FUNCTIONS[entry.name] = entry
        return run

    return enter


def _entry(
    signature: str, run: Callable[..., Any], top_level: bool, check: Check | None, varies: Varies | None
) -> Function:
    match = _SIGNATURE.fullmatch(signature)
    assert match is not None, signature
    names = [name.strip() for name in match[2].split(",")] if match[2] else []
    hints = get_type_hints(run)
    declared = list(inspect.signature(run).parameters.values())
    wants_context = bool(declared) and hints[declared[0].name] is Context
    fixed, repeated = list[Parameter](), None
    for place, parameter in enumerate(declared[wants_context:]):
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            repeated = _parameter("each argument", parameter, hints[parameter.name])
        else:
            fixed.append(_parameter(names[place], parameter, hints[parameter.name]))
    return Function(match[1], signature, run, tuple(fixed), repeated, wants_context, top_level, check, varies)


def _parameter(name: str, declared: inspect.Parameter, hint: Any) -> Parameter:
    takes_null, named_null = hint is Any, False
    if get_origin(hint) in (UnionType, Union):
        takes_null = named_null = type(None) in get_args(hint)
        (hint,) = (each for each in get_args(hint) if each not in (type(None), LeftOut))
    optional = declared.default not in (inspect.Parameter.empty, REQUIRED)
    default = declared.default if optional else None
    repeated = declared.kind is inspect.Parameter.VAR_POSITIONAL
    required = not named_null if repeated else not optional
    return Parameter(name, KINDS[hint], takes_null, required, default)
