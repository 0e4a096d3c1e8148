"""Evaluate a checked tree for one source."""

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .context import Context, Later
from .functions import FUNCTIONS
from .kinds import LATER, PATTERN, CompareType
from .limits import MAX_TOGETHER, MAX_WORK
from .problems import Exhausted, ExpressionProblem, Refused, named
from .registry import Parameter
from .tree import Attribute, Call, Comparison, Constant, Enum, Node, Omitted
from .values import Value, bounded, moment, numeric, present, readable, size, text

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Evaluation:
    """One evaluation: where the values come from, and what it may still cost."""

    def __init__(self, expression: str, read: Callable[[str], Any], context: Context) -> None:
        self._text = expression
        self._read = read
        self._context = context
        self._work = 0

    def value(self, node: Node) -> Value:
        """Return the value of a node. Raises :class:`ExpressionProblem`."""
        # A branch that is chosen last is evaluated here and not one level deeper: long chains of IIF cost no stack.
        while True:
            match node:
                case Call():
                    result = self._call(node)
                    if not isinstance(result, _Argument):
                        return result
                    node = result.node
                case Attribute():
                    return self._attribute(node)
                case Constant():
                    return node.value
                case Comparison():
                    return self._compared(node)
                case _:
                    return None

    def _attribute(self, node: Attribute) -> Value:
        raw = self._read(node.name)
        try:
            value = readable(raw)
        except Refused as refused:
            raise self._problem(f"[{named(node.name)}] {refused}", node) from None
        self._charge(value, node)
        return value

    def _call(self, call: Call) -> "Value | _Argument":
        function = FUNCTIONS[call.name]
        arguments: list[Any] = [self._context] if function.wants_context else []
        for parameter, node in function.pairs(call.arguments):
            if isinstance(node, Omitted):
                argument = parameter.default
            elif isinstance(node, Enum):
                argument = CompareType[node.name]
            elif parameter.kind is LATER:
                argument = _Argument(node, self)
            else:
                # Evaluated here, not in a method of its own: nested calls are deep enough for Python's stack.
                value = self.value(node)
                if value is None and not parameter.takes_null:
                    return None
                argument = None if value is None else self._converted(call, parameter, value, node)
            arguments.append(argument)
        try:
            result = function.run(*arguments)
            if isinstance(result, _Argument):
                return result
            result = bounded(result)
        except Refused as refused:
            raise self._problem(f"{call.name}: {_sentence(refused)}", call, refused) from None
        self._charge(result, call)
        return result

    def _converted(self, call: Call, parameter: Parameter, value: Value, node: Node) -> Any:
        kind = parameter.kind
        try:
            return self._context.patiently(lambda _: kind.convert(value)) if kind is PATTERN else kind.convert(value)
        except Exhausted as refused:
            raise self._problem(f"{call.name}: {refused}", node, refused) from None
        except Refused as refused:
            raise self._problem(f"{call.name}: {parameter.name} {refused}", node) from None

    def _compared(self, node: Comparison) -> bool:
        """Compare two values; false whatever the operator if one is null, or is an attribute that is empty."""
        sides = list[Value]()
        for side in (node.left, node.right):
            value = self.value(side)
            if value is None or (isinstance(side, Attribute) and not present(value)):
                return False
            sides.append(value)
        try:
            return compared(sides[0], node.operator, sides[1])
        except Refused as refused:
            raise self._problem(f"{node.operator}: each side {refused}", node) from None

    def _charge(self, value: Value, node: Node) -> None:
        used = 1 + size(value)
        self._work += used
        self._context.budget.work -= used
        if self._work > MAX_WORK:
            raise self._problem(f"the functions together yield more than {MAX_WORK:,} characters", node)
        if self._context.budget.work < 0:
            message = f"the functions of all fields together yield more than {MAX_TOGETHER:,} characters"
            raise self._problem(message, node, Exhausted(message))

    def _problem(self, message: str, node: Node, why: Refused | None = None) -> ExpressionProblem:
        return ExpressionProblem(message, self._text, node.position, exhausted=isinstance(why, Exhausted))


class _Argument(Later):
    """An argument that its function may ask for, or return as it is."""

    def __init__(self, node: Node, evaluation: Evaluation) -> None:
        self.node = node
        self._evaluation = evaluation

    def value(self) -> Value:
        return self._evaluation.value(self.node)


def compared(left: Value, sign: str, right: Value) -> bool:
    """Compare as numbers if one is a number and both can be, as dates if one is a DateTime, else as exact texts."""
    if isinstance(left, datetime) or isinstance(right, datetime):
        return _OPERATORS[sign](moment(left), moment(right))
    if _is_number(left) or _is_number(right):
        numbers = numeric(left), numeric(right)
        if None not in numbers:
            return _OPERATORS[sign](*numbers)
    return _OPERATORS[sign](text(left), text(right))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sentence(refused: Refused) -> str:
    """Complete what :func:`bounded` says of a result."""
    reason = str(refused)
    return f"the result {reason}" if reason.startswith(("is ", "has ")) else reason
