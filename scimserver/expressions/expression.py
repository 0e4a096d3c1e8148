"""Compile an expression once, and evaluate it for many sources."""

import random as random_numbers
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from .checks import check
from .context import Budget, Context
from .evaluate import Evaluation
from .functions import FUNCTIONS
from .parser import parse
from .tree import Attribute, Call, walk
from .values import Value
from .values import text as as_text

Result = str | bool | int | float | list[Any] | None
Source = Mapping[str, Any] | Callable[[str], Any]

_SYSTEM = random_numbers.SystemRandom()


class Expression:
    """A checked expression. Made by :func:`compile_expression`; ``str()`` writes it in its canonical form."""

    def __init__(self, text: str, tree: Call) -> None:
        self.text = text
        self.tree = tree
        self.attributes = frozenset(node.name for node in walk(tree) if isinstance(node, Attribute))
        """Names of the source that it reads."""
        self.redacted = any(isinstance(node, Call) and node.name == "Redact" for node in walk(tree))
        """Whether its result must not stand in a log."""
        self.varying = tuple(node for node in walk(tree) if isinstance(node, Call) and _varies(node))
        """The calls that may give one source two values: by chance, by the clock, or by what the target has."""

    def __str__(self) -> str:
        return str(self.tree)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def evaluate(
        self,
        source: Source,
        *,
        now: datetime | None = None,
        random: Random | None = None,
        taken: Callable[[str], bool] | None = None,
        budget: Budget | None = None,
    ) -> Result:
        """Return the value for one source, None if there is nothing to send.

        ``source`` maps names to values: text, number, boolean, datetime, list of these, role objects, None; a name that
        it does not have is null. Or it is a function of the name. ``now`` (default: this moment) and ``random``
        (default: the system's) make it a pure function; ``taken`` tells which values the target already has. ``budget``
        bounds it together with others. A DateTime leaves as text, and a list has at least one element.

        Raises :class:`ExpressionProblem` naming function, rule and place, never a value.
        """
        result = self.value(source, now=now, random=random, taken=taken, budget=budget)
        return [_sendable(item) for item in result] if isinstance(result, list) else _sendable(result)

    def value(
        self,
        source: Source,
        *,
        now: datetime | None = None,
        random: Random | None = None,
        taken: Callable[[str], bool] | None = None,
        budget: Budget | None = None,
    ) -> Value:
        """Return the same before it leaves: a DateTime stays one. Arguments and problems as of :meth:`evaluate`."""
        moment = now or datetime.now(UTC)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        context = Context(moment, random or _SYSTEM, taken or _nothing, budget or Budget())
        read = source.get if isinstance(source, Mapping) else source
        return Evaluation(self.text, read, context).value(self.tree)


def compile_expression(text: str, *, budget: Budget | None = None) -> Expression:
    """Return an expression of which everything is checked that needs no value; ``budget`` bounds several together.

    Raises :class:`ExpressionProblem` with the exact place and the cure.
    """
    tree = parse(text)
    check(tree, text, budget)
    return Expression(text, tree)


def _varies(call: Call) -> bool:
    varies = FUNCTIONS[call.name].varies
    return varies is not None and varies(call.arguments)


def _sendable(value: Any) -> Any:
    return as_text(value) if isinstance(value, datetime) else value


def _nothing(value: str) -> bool:
    return False
