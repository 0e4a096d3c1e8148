"""Filters (RFC 7644 §3.4.2.2) and the filters in paths, written another way than the grammar has them."""

from ...schema.attributes import Attribute
from ..lexer import Token
from .registry import toleration

_WORDS = ("true", "false", "null")


@toleration
def unquoted_value(operator: str, token: Token) -> bool:
    """Take a bare word right after ``eq`` for a string.

    Wrong: ``externalId eq jyoung``.
    Legal: ``externalId eq "jyoung"``.
    Source: Microsoft's documentation of the SCIM endpoint.
    """
    return operator == "eq" and token.kind == "word"


@toleration
def literal_as_string(attribute: Attribute, token: Token) -> bool:
    """Read a boolean or a number that stands between quotes.

    Wrong: ``roles[primary eq "True"].value``.
    Legal: ``roles[primary eq true].value``.
    Source: Microsoft Entra ID's SingleAppRoleAssignment.
    """
    return token.kind == "string" and attribute.type in ("boolean", "integer", "decimal")


@toleration
def literal_letter_case(token: Token) -> bool:
    """Read ``true``, ``false`` and ``null`` in any letter case.

    Wrong: ``active eq True``.
    Legal: ``active eq true``.
    Source: generic clients; the literals are those of JSON (RFC 7644 figure 1).
    """
    return token.text not in _WORDS and token.text.lower() in _WORDS


@toleration
def value_path_compared(attribute: Attribute) -> bool:
    """Compare selected elements themselves: their ``value`` is meant.

    Wrong: ``emails[type eq "work"] eq "ines@larkfield.example"``.
    Legal: ``emails[type eq "work" and value eq "ines@larkfield.example"]``.
    Source: once printed by Microsoft's documentation; azure-docs #83855.
    """
    return attribute.sub("value") is not None or not attribute.sub_attributes


@toleration
def complex_compared(attribute: Attribute) -> bool:
    """Compare a single complex value itself: its ``value`` is meant.

    Wrong: ``manager eq "u_01hw9b77"``.
    Legal: ``urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "u_01hw9b77"``.
    Source: Microsoft Entra ID asks so whether a reference is set.
    """
    return attribute.sub("value") is not None
