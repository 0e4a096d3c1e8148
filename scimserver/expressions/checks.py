"""What can be said of an expression before there is a value: names, numbers and kinds of arguments, constants."""

from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from random import Random

from .context import Context
from .functions import FUNCTIONS
from .kinds import COMPARE_TYPE, CONDITION, LATER, ROLES, CompareType
from .problems import ExpressionProblem, Refused
from .registry import Function, Misfit, Parameter
from .tree import Attribute, Call, Comparison, Constant, Enum, Node, Omitted

ROLE_ATTRIBUTE = "appRoleAssignments"


def check(root: Call, text: str) -> None:
    """Raise :class:`ExpressionProblem` for the first fault, in the order of the text."""
    waiting: list[Call] = [root]
    while waiting:
        call = waiting.pop()
        function = _function(call, text)
        _check_number(call, function, text)
        _check_place(call, function, call is root, text)
        for parameter, argument in function.pairs(call.arguments):
            _check_argument(function, parameter, argument, text)
        _check_together(call, function, text)
        waiting += reversed(list(_calls(call)))


def _calls(call: Call) -> Iterator[Call]:
    for argument in call.arguments:
        sides = (argument.left, argument.right) if isinstance(argument, Comparison) else (argument,)
        yield from (side for side in sides if isinstance(side, Call))


def _function(call: Call, text: str) -> Function:
    function = FUNCTIONS.get(call.name)
    if function is None:
        raise ExpressionProblem(f"there is no function {call.name}{_nearest(call.name)}", text, call.position)
    return function


def _nearest(name: str) -> str:
    """Suggest a function: letter case counts, so the same letters come first."""
    lowered = {known.lower(): known for known in FUNCTIONS}
    if name.lower() in lowered:
        return f": letter case counts, write {lowered[name.lower()]}"
    found = get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    return f": did you mean {lowered[found[0]]}?" if found else ": see the list in docs/reference/expressions.md"


def _check_number(call: Call, function: Function, text: str) -> None:
    given, least, most = len(call.arguments), function.least, function.most
    if given < least or (most is not None and given > most):
        wanted = f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
        plural = "" if wanted == "1" or wanted.endswith(" 1") else "s"
        raise ExpressionProblem(
            f"{function.signature} takes {wanted} argument{plural}, and there are {given}", text, call.position
        )


def _check_place(call: Call, function: Function, outermost: bool, text: str) -> None:
    if function.top_level and not outermost:
        raise ExpressionProblem(f"{call.name} must be the outermost call", text, call.position)


def _check_argument(function: Function, parameter: Parameter, argument: Node, text: str) -> None:
    if isinstance(argument, Comparison):
        for side in (argument.left, argument.right):
            _check_attribute(parameter, side, text)
        if parameter.kind is not CONDITION:
            raise ExpressionProblem(
                f"{function.name}: a comparison belongs in the condition of IIF or in CBool; "
                f"write CBool({argument}) here",
                text,
                argument.position,
            )
    elif isinstance(argument, Omitted) and parameter.required:
        raise ExpressionProblem(f"{function.name}: {parameter.name} is required{_EMPTY}", text, argument.position)
    _check_attribute(parameter, argument, text)
    _check_enum(function, parameter, argument, text)
    if isinstance(argument, Constant) and parameter.kind is not LATER:
        try:
            parameter.kind.convert(argument.value)
        except Refused as refused:
            raise ExpressionProblem(f"{function.name}: {parameter.name} {refused}", text, argument.position) from None


_EMPTY = ': an empty text is written ""'


def _check_attribute(parameter: Parameter, argument: Node, text: str) -> None:
    """Role assignments are objects: the role functions take nothing else, and nothing else takes them."""
    is_roles = isinstance(argument, Attribute) and argument.name == ROLE_ATTRIBUTE
    if is_roles and parameter.kind is not ROLES:
        raise ExpressionProblem(
            f"[{ROLE_ATTRIBUTE}] holds objects: only a role function takes it, such as SingleAppRoleAssignment",
            text,
            argument.position,
        )
    if parameter.kind is ROLES and not is_roles:
        raise ExpressionProblem(f"a role function takes [{ROLE_ATTRIBUTE}] only", text, argument.position)


def _check_enum(function: Function, parameter: Parameter, argument: Node, text: str) -> None:
    sides = (argument.left, argument.right) if isinstance(argument, Comparison) else (argument,)
    for side in sides:
        if isinstance(side, Enum) and parameter.kind is not COMPARE_TYPE:
            raise ExpressionProblem(f"{function.name}: {side} belongs in the compareType of InStr", text, side.position)


def _check_together(call: Call, function: Function, text: str) -> None:
    """Check rules between arguments; a call of constants only is tried out."""
    try:
        if function.check:
            function.check(call.arguments)
        if all(isinstance(argument, Constant | Enum | Omitted) for argument in call.arguments):
            _try_out(function, call)
    except Refused as refused:
        wrong = refused.argument if isinstance(refused, Misfit) else None
        position = call.position if wrong is None else call.arguments[wrong].position
        raise ExpressionProblem(f"{call.name}: {refused}", text, position) from None


def _try_out(function: Function, call: Call) -> None:
    arguments = list[object]()
    for parameter, argument in function.pairs(call.arguments):
        if parameter.kind is LATER:
            return
        if isinstance(argument, Constant):
            arguments.append(parameter.kind.convert(argument.value))
        elif isinstance(argument, Enum):
            arguments.append(CompareType[argument.name])
        elif not parameter.required and parameter is not function.repeated:
            arguments.append(parameter.default)
        elif parameter.takes_null:
            arguments.append(None)
        else:
            return
    context = Context(datetime(2000, 1, 1, tzinfo=UTC), Random(0), lambda value: False)
    function.run(*([context] if function.wants_context else []), *arguments)
