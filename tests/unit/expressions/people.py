"""The person of the examples, and short ways to evaluate for her."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from scimserver.expressions import ExpressionProblem, compile_expression

NOW = datetime(2031, 4, 2, 9, 5, 7, tzinfo=UTC)
ROLES = [
    {"id": "c0a9", "value": "editor", "displayName": "Editor"},
    {"id": "4b8d", "value": "viewer", "displayName": "Viewer"},
]
INES: dict[str, Any] = {
    "givenName": "Ines",
    "surname": "Okafor",
    "userPrincipalName": "ines.okafor@larkfield.example",
    "mail": None,
    "department": "Harbour Works",
    "streetAddress": "14 Harbour Row",
    "city": "Leith",
    "state": "Lothian",
    "postalCode": "EH6 6QQ",
    "country": "GB",
    "proxyAddresses": ["SMTP:ines@larkfield.example", "smtp:io@larkfield.example", "smtp:io@larkfield.example"],
    "extensionAttribute1": "20310402T0900",
    "employeeId": "40017",
    "accountEnabled": True,
    "IsSoftDeleted": False,
    "level": 7,
    "empty": "",
    "nothing": [],
    "appRoleAssignments": ROLES,
}


def value(text: str, source: Mapping[str, Any] | None = None, /, **more: Any) -> Any:
    """The value of an expression for Ines, or for another source; names given here win."""
    given = {**(INES if source is None else source), **more}
    return compile_expression(text).evaluate(given, now=NOW, random=Random(1))


def problem(text: str, source: Mapping[str, Any] | None = None, /, **more: Any) -> ExpressionProblem:
    """The problem of an expression that can be read, when it is evaluated."""
    expression = compile_expression(text)
    with pytest.raises(ExpressionProblem) as caught:
        expression.evaluate({**(INES if source is None else source), **more}, now=NOW, random=Random(1))
    return caught.value


def refusal(text: str) -> ExpressionProblem:
    """The problem of an expression that cannot be read."""
    with pytest.raises(ExpressionProblem) as caught:
        compile_expression(text)
    return caught.value


def caret(found: ExpressionProblem) -> str:
    """What stands above the caret in the text of a problem, up to the end of that line."""
    _, line, below = str(found).split("\n")[-3:]
    assert below.strip() == "^"
    return line[below.index("^") :]
