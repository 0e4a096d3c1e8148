"""What can be said of an expression before there is a value: names, numbers and kinds of arguments, constants."""

from datetime import UTC, datetime
from difflib import get_close_matches
from random import Random
from typing import Any

from .context import Budget, Context
from .functions import FUNCTIONS
from .kinds import COMPARE_TYPE, CONDITION, LATER, PATTERN, ROLES, CompareType
from .problems import Exhausted, ExpressionProblem, Refused, named
from .registry import Function, Misfit, Parameter
from .tree import Attribute, Call, Comparison, Constant, Enum, Node, Omitted, walk

ROLE_ATTRIBUTE = "appRoleAssignments"


def check(root: Call, text: str, budget: Budget | None = None) -> None:
    """Raise :class:`ExpressionProblem` for the first call that is wrong, in the order of the text."""
    checker = _Checker(text, budget or Budget())
    for node in walk(root):
        if isinstance(node, Call):
            checker.call(node, outermost=node is root)


class _Checker:
    def __init__(self, text: str, budget: Budget) -> None:
        self._text = text
        # One for all calls: it holds the time that regular expressions may take.
        self._context = Context(datetime(2000, 1, 1, tzinfo=UTC), Random(0), lambda value: False, budget)

    def call(self, call: Call, *, outermost: bool) -> None:
        function = FUNCTIONS.get(call.name)
        if function is None:
            raise self._problem(f"there is no function {named(call.name)}{_nearest(call.name)}", call)
        self._number(call, function)
        if function.top_level and not outermost:
            raise self._problem(f"{call.name} must be the outermost call", call)
        for parameter, argument in function.pairs(call.arguments):
            self._argument(function.name, parameter, argument)
        self._together(call, function)

    def _number(self, call: Call, function: Function) -> None:
        given, least, most = len(call.arguments), function.least, function.most
        if given < least or (most is not None and given > most):
            wanted = f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
            noun = "argument" if wanted.split()[-1] == "1" else "arguments"
            raise self._problem(f"{function.signature} takes {wanted} {noun}, and there are {given}", call)

    def _argument(self, name: str, parameter: Parameter, argument: Node) -> None:
        if isinstance(argument, Omitted):
            if parameter.required:
                raise self._problem(f'{name}: {parameter.name} is required: an empty text is written ""', argument)
        elif isinstance(argument, Comparison):
            self._operand(name, parameter, argument.left)
            self._operand(name, parameter, argument.right)
            if parameter.kind is not CONDITION:
                cure = "here put it into CBool(…)"
                raise self._problem(
                    f"{name}: a comparison belongs in the condition of IIF or in CBool; {cure}", argument
                )
        else:
            self._operand(name, parameter, argument)
            if isinstance(argument, Constant):
                self._constant(name, parameter, argument)

    def _operand(self, name: str, parameter: Parameter, operand: Node) -> None:
        """Role assignments are objects: the role functions take nothing else, and nothing else takes them."""
        is_roles = isinstance(operand, Attribute) and operand.name == ROLE_ATTRIBUTE
        if is_roles and parameter.kind is not ROLES:
            cure = "only a role function takes it, such as SingleAppRoleAssignment"
            raise self._problem(f"{name}: [{ROLE_ATTRIBUTE}] holds objects: {cure}", operand)
        if parameter.kind is ROLES and not is_roles:
            raise self._problem(f"{name}: a role function takes [{ROLE_ATTRIBUTE}] only", operand)
        if isinstance(operand, Enum) and parameter.kind is not COMPARE_TYPE:
            raise self._problem(f"{name}: {operand} belongs in the compareType of InStr", operand)

    def _constant(self, name: str, parameter: Parameter, argument: Constant) -> None:
        try:
            if parameter.kind is PATTERN:
                self._context.patiently(lambda _: parameter.kind.convert(argument.value))
            else:
                parameter.kind.convert(argument.value)
        except Exhausted as refused:
            raise self._problem(f"{name}: {refused}", argument, exhausted=True) from None
        except Refused as refused:
            raise self._problem(f"{name}: {parameter.name} {refused}", argument) from None

    def _together(self, call: Call, function: Function) -> None:
        """Check rules between arguments; a call of constants only is tried out."""
        try:
            if function.check:
                function.check(call.arguments)
            arguments = _constants(function, call)
            if arguments is not None:
                function.run(*([self._context] if function.wants_context else []), *arguments)
        except Refused as refused:
            wrong = refused.argument if isinstance(refused, Misfit) else None
            place = call if wrong is None else call.arguments[wrong]
            exhausted = isinstance(refused, Exhausted)
            raise self._problem(f"{call.name}: {refused}", place, exhausted=exhausted) from None

    def _problem(self, message: str, node: Node, *, exhausted: bool = False) -> ExpressionProblem:
        return ExpressionProblem(message, self._text, node.position, exhausted=exhausted)


def _nearest(name: str) -> str:
    """Suggest a function: letter case counts, so the same letters come first."""
    lowered = {known.lower(): known for known in FUNCTIONS}
    if name.lower() in lowered:
        return f": letter case counts, write {lowered[name.lower()]}"
    found = get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    return f": did you mean {lowered[found[0]]}?" if found else ": see the list in docs/reference/expressions.md"


def _constants(function: Function, call: Call) -> list[Any] | None:
    """Return the arguments if none depends on a source, else None."""
    arguments = list[Any]()
    for parameter, argument in function.pairs(call.arguments):
        if parameter.kind is LATER:
            return None
        match argument:
            case Constant():
                arguments.append(parameter.kind.convert(argument.value))
            case Enum():
                arguments.append(CompareType[argument.name])
            case Omitted():
                arguments.append(parameter.default)
            case _:
                return None
    return arguments
