"""Which tolerations there are: each is a function, known by its name (``boolean_as_string``: ``boolean-as-string``)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from inspect import getdoc
from typing import Any, TypeVar

Quirk = Callable[..., Any]
"""The function that makes, or allows, one reading which the RFC does not."""
Function = TypeVar("Function", bound=Quirk)

TOLERATIONS: dict[str, Quirk] = {}
"""Name → function, of every toleration; filled by :func:`toleration` as the modules of this package are imported."""

_PARTS = re.compile(
    r"\A(?P<title>.+?)\.?\n\n.*?Wrong: (?P<wrong>.+?)\s+Legal: (?P<legal>.+?)\s+Source: (?P<source>.+?)\.?\Z", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Explained:
    """What the docstring of a toleration says, for the documentation and for operators."""

    name: str
    title: str
    """What is done, in a line."""
    wrong: str
    legal: str
    source: str
    """Who sends it, and where that was learned."""


def toleration(function: Function) -> Function:
    """Register a toleration; its docstring has a title line, then ``Wrong:``, ``Legal:`` and ``Source:``."""
    TOLERATIONS[name_of(function)] = function
    return function


def name_of(quirk: Quirk) -> str:
    """Return the name under which profiles, logs and documents know a toleration."""
    return quirk.__name__.replace("_", "-")


def explain(quirk: Quirk) -> Explained:
    """Return the parts of a toleration's docstring.

    Raises:
        ValueError: a part is missing.
    """
    parts = _PARTS.match(getdoc(quirk) or "")
    if parts is None:
        raise ValueError(f"the docstring of {name_of(quirk)} lacks one of: title, Wrong, Legal, Source")
    folded = {name: re.sub(r"\s+", " ", text).rstrip(".") for name, text in parts.groupdict().items()}
    return Explained(name_of(quirk), **folded)
