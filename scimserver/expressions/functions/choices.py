"""Searching and choosing

A branch that is not chosen is not evaluated, so it cannot fail.
"""

from collections.abc import Sequence
from typing import Any

from ..context import Later
from ..registry import REQUIRED, Misfit, function
from ..tree import Node
from ..values import Value, present, text


@function("Coalesce(source1, …, defaultValue)")
def coalesce(source1: Later, *sources: Later | None) -> Value:
    """Return the first source that is not null; the last one serves as the default. Empty texts are not null.

    Example: ``Coalesce([mail], [userPrincipalName])`` → ``"ines.okafor@larkfield.example"``
    Example: ``Coalesce([mail], "")`` → ``""``
    """
    values = (source.value() for source in (source1, *sources) if source is not None)
    return next((value for value in values if value is not None), None)


@function("IIF(condition, valueIfTrue, valueIfFalse)")
def iif(condition: bool | None, value_if_true: Later, value_if_false: Later) -> Later:
    """Choose one of two values by a condition: a comparison with ``=  <>  >  >=  <  <=``, or a value.

    True are True, "True" in any letter case and numbers but 0; null is false. **A comparison is false, whatever its
    operator, if one side is null or is an attribute that is empty**: Microsoft says that the check "fails" then and
    names no result (our reading). Use Switch with the key ``""`` to ask for an empty attribute.

    Texts compare exactly, by code point; as numbers if one side is a number; as dates if one is a DateTime. There is no
    AND and no OR: nest another IIF in the true or in the false branch.

    Example: ``IIF([country] = "GB", IIF([city] = "Leith", "dock", "uk"), "abroad")`` → ``"dock"``
    Example: ``IIF(IsPresent([mail]), [mail], "none")`` → ``"none"``
    Example: ``IIF([mail] <> "x@larkfield.example", "other", "same or absent")`` → ``"same or absent"``
    """
    return value_if_true if condition else value_if_false


def _in_pairs(arguments: Sequence[Node]) -> None:
    if len(arguments) % 2:
        raise Misfit(
            "keys and values come in pairs behind source and defaultValue: one value is missing, or a comma for the "
            "default",
            len(arguments) - 1,
        )


@function("Switch(source, defaultValue, key1, value1, …)", check=_in_pairs)
def switch(
    source: str | None,
    default: Later | None = None,
    key1: Later = REQUIRED,
    value1: Later = REQUIRED,
    *pairs: Later,
) -> Later | None:
    """Return the value behind the key that equals the source, letter case included; else the default, else null.

    The key ``""`` matches an empty or null source. Entra itself may evaluate a Switch to null when its attribute did
    not change but another did; this evaluator does not.

    Example: ``Switch([city], "other", "Leith", "LEI", "Perth", "PER", "", "none")`` → ``"LEI"``
    Example: ``Switch([mail], [mail], "", "none")`` → ``"none"``
    Example: ``Switch([country], , "FR", "Paris")`` → ``null``
    """
    wanted = source or ""
    for key, value in ((key1, value1), *zip(pairs[::2], pairs[1::2], strict=True)):
        found = key.value()
        if found is not None and text(found) == wanted:
            return value
    return default


@function("IsNull(expression)")
def is_null(expression: Any) -> bool:
    """Tell whether a value is null: of an attribute, whether it is absent.

    Example: ``IsNull([mail])`` → ``True``
    """
    return expression is None


@function("IsNullOrEmpty(expression)")
def is_null_or_empty(expression: Any) -> bool:
    """Tell whether a value is null or the empty text.

    Example: ``IsNullOrEmpty([mail])`` → ``True``
    """
    return not present(expression)


@function("IsPresent(expression)")
def is_present(expression: Any) -> bool:
    """Tell whether a value is neither null nor empty. A text of blanks is present (our assumption).

    Example: ``IsPresent([city])`` → ``True``
    """
    return present(expression)


@function("IsString(expression)")
def is_string(expression: Any) -> bool:
    """Tell whether a value can be a text: one text, number, boolean or date, not null and not several values.

    Example: ``IsString([department])`` → ``True``
    Example: ``IsString([proxyAddresses])`` → ``False``
    """
    return expression is not None and not isinstance(expression, list)


@function("Not(source)")
def not_(source: Any) -> bool:
    """Return False for True and "True" in any letter case, and True for anything else, null among it.

    Example: ``Not(IsPresent([mail]))`` → ``True``
    """
    return not (source is True or (isinstance(source, str) and source.lower() == "true"))


@function("IgnoreFlowIfNullOrEmpty(expression)")
def ignore_flow_if_null_or_empty(expression: Any) -> Value:
    """Leave the attribute out of the request if the value is null or empty, else return it.

    Example: ``IgnoreFlowIfNullOrEmpty(Left([department], 0))`` → ``null``
    """
    value: Value = expression
    return value if present(value) else None
