"""What a server reads that the RFCs do not allow, and what it answers where it keeps to them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .fixture import Exchange

REFUSALS: Mapping[str, frozenset[str]] = {
    name: frozenset(scim_types.split())
    for name, scim_types in {
        "bare-element-value": "invalidValue",
        "boolean-as-string": "invalidValue",
        "complex-compared": "invalidFilter",
        "create-selected": "noTarget",
        "display-name": "invalidValue",
        "dot-after-urn": "invalidPath",
        "earlier-urn": "invalidValue",
        "empty-operations": "invalidValue invalidSyntax",
        "empty-path": "invalidPath",
        "list-for-single-value": "invalidValue",
        "literal-letter-case": "invalidFilter",
        "manager-id": "invalidValue",
        "operation-letter-case": "invalidSyntax",
        "patch-without-schemas": "invalidValue invalidSyntax",
        "path-as-key": "invalidValue invalidPath",
        "read-only-in-patch": "mutability",
        "reference-as-string": "invalidValue",
        "remove-absent": "noTarget",
        "schema-listed-twice": "invalidValue",
        "schema-not-listed": "invalidValue",
        "schemas-in-patch": "invalidValue mutability",
        "schemas-missing": "invalidValue",
        "single-value-for-list": "invalidValue",
        "unknown-attribute": "invalidValue invalidPath",
        "unknown-member": "invalidValue",
        "unknown-schema": "invalidValue",
        "unquoted-value": "invalidFilter",
        "value-path-compared": "invalidFilter",
        "whole-number-with-fraction": "invalidValue",
        "without-urn": "invalidPath invalidValue invalidFilter",
    }.items()
}
"""Toleration → scimTypes of what a strict reading answers 400 instead."""

READ_OTHERWISE: Mapping[str, str] = {
    "drop-label-only-element": "a value that keeps only its type is legal",
    "empty-as-unassigned": "an empty text is a text",
    "keep-described": "a value that is replaced keeps nothing",
    "literal-as-string": "a text equals no boolean, so the filter selects nothing",
    "null-active": "null is unassigned, so a user without `active` is what was asked for",
    "remove-listed": "a value says nothing of what a remove takes away",
    "role-as-json": "a role's value may be any text",
}
"""Tolerations whose requests the RFC allows and means otherwise, with the reason."""

BY_STATE = frozenset({"create-selected", "remove-absent", "unknown-member"})
"""Tolerations whose refusal depends on what is stored, and not on the request alone."""
LEAVES_OUT = "unknown-attribute"
"""With this one a name that is not read as another one is left out, and the request is not refused."""
QUIET_GROUP_PATCH = "quiet-group-patch"
SHIPPED_SCHEMAS = "shipped-schemas"
"""Is off where a server publishes other schemas of resources than :data:`SCHEMAS`."""
SCHEMAS = frozenset(
    {
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:Group",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the server under test reads requests and answers, as far as is known."""

    name: str
    """For people: ``profile strict``, ``tolerant``."""
    tolerations: frozenset[str] | None
    """None: all that there are."""
    behaviours_off: frozenset[str] = frozenset()

    def of_server(self, published: frozenset[str]) -> "Reading":
        """Return the reading of a server that publishes these schemas of resources."""
        return self if published == SCHEMAS else replace(self, behaviours_off=self.behaviours_off | {SHIPPED_SCHEMAS})

    def refused(self, exchange: Exchange) -> tuple[str, ...]:
        """Return the tolerations that an exchange needs and the server has not."""
        if self.tolerations is None:
            return ()
        needed = exchange.tolerated or _LETTER_CASE * (exchange.response.status >= 400 and _is_shouted(exchange))
        return tuple(name for name in needed if name not in self.tolerations)

    def leaves_out(self) -> bool:
        """Tell whether a name that is nobody's is left out of a request, which is then accepted."""
        return self.tolerations is None or LEAVES_OUT in self.tolerations


_LETTER_CASE = ("operation-letter-case",)


def _is_shouted(exchange: Exchange) -> bool:
    """Tell whether a PATCH says ``Replace``: what is refused anyway names no toleration, and is refused for this."""
    body = exchange.request.body
    operations = body.get("Operations") if isinstance(body, dict) else None
    names = [operation.get("op") for operation in operations or [] if isinstance(operation, dict)]
    return any(isinstance(name, str) and name != name.lower() for name in names)


TOLERANT = Reading("tolerant", None)
STRICT = Reading("strict", frozenset(), frozenset({"unique-group-names", "hide-password"}))


def refusals(names: tuple[str, ...]) -> frozenset[str]:
    """Return the scimTypes that a request may be refused with which needs these tolerations; empty: read otherwise."""
    return frozenset().union(*(REFUSALS.get(name, frozenset()) for name in names))


def read_otherwise(names: tuple[str, ...]) -> str:
    """Say why a request that needs these tolerations is accepted without them, and does something else."""
    return "; ".join(READ_OTHERWISE[name] for name in names if name in READ_OTHERWISE)
