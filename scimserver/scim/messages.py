"""The PATCH message (RFC 7644 §3.5.2): from JSON to a list of operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from ..errors import InvalidPath, InvalidSyntax, InvalidValue, NoTarget
from .canonical import kind
from .quirks import messages as quirks
from .quirks.values import single_value_for_list
from .reading import Reading, tolerant

PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MAX_OPERATIONS = 1000

OperationName = Literal["add", "replace", "remove"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a PATCH message."""

    op: OperationName
    path: str | None = None
    """None if the message has none: then ``value`` is an object of attributes."""
    value: Any = None
    has_value: bool = False
    """Tells ``"value": null`` from no value."""
    index: int = 0
    """Position in the message, for error texts."""

    @property
    def place(self) -> str:
        """Return how an error text calls this operation."""
        return f"Operations[{self.index}]"


def parse_patch(body: Any, reading: Reading | None = None) -> list[Operation]:
    """Read a PatchOp message.

    Raises InvalidSyntax, InvalidValue, InvalidPath or NoTarget, each naming the place in the message.
    """
    if not isinstance(body, dict):
        raise InvalidSyntax(f"The body must be a PatchOp message: a JSON object, got {kind(body)}.")
    reading = reading or tolerant()
    message = lower_names(body, "The body")
    _check_schemas(message.get("schemas"), reading)
    if message.get("operations") is None:
        raise InvalidSyntax("`Operations`: missing. Send a list of operations, each with `op`, `path` and `value`.")
    operations = message["operations"]
    if not isinstance(operations, list):
        raise InvalidSyntax(f"`Operations`: expected a list of operations, got {kind(operations)}.")
    if not operations and not reading.excuses(quirks.empty_operations, "Operations", operations):
        raise InvalidValue("`Operations`: is empty. Send at least one operation.")
    if len(operations) > MAX_OPERATIONS:
        raise InvalidValue(
            f"`Operations`: {len(operations)} operations, at most {MAX_OPERATIONS} are allowed. "
            "Split them into several requests."
        )
    return [_operation(raw, index, reading) for index, raw in enumerate(operations)]


def _operation(raw: Any, index: int, reading: Reading) -> Operation:
    place = f"Operations[{index}]"
    if not isinstance(raw, dict):
        raise InvalidSyntax(f"`{place}`: expected an object with `op`, `path` and `value`, got {kind(raw)}.")
    fields = lower_names(raw, f"`{place}`")
    op = reading.rewrite(quirks.operation_letter_case, fields.get("op"), "op")
    path = reading.rewrite(quirks.empty_path, fields.get("path"), "path")
    if op not in ("add", "replace", "remove"):
        raise InvalidSyntax(f"`{place}.op`: {_misnamed(op)}")
    if path is not None and not isinstance(path, str):
        raise InvalidSyntax(f"`{place}.path`: expected a string, got {kind(path)}.")
    if path == "":
        raise InvalidPath(f"`{place}.path`: is empty. Name an attribute, or leave `path` out.")
    if op == "remove" and path is None:
        raise NoTarget(f"`{place}.path`: missing. `remove` needs the path of what to remove.")
    has_value = "value" in fields
    if op != "remove" and not has_value:
        raise InvalidValue(f"`{place}.value`: missing. `{op}` needs a value; use `remove` to clear an attribute.")
    return Operation(cast(OperationName, op), path, fields.get("value"), has_value, index)


def _misnamed(op: Any) -> str:
    if isinstance(op, str) and op.lower() in ("add", "replace", "remove"):
        return f"operations are written in small letters. Send `{op.lower()}`."
    said = "is missing" if op is None else "is none of the operations"
    return f"{said}. Send `add`, `replace` or `remove`."


def lower_names(message: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return the message with lower-case names: SCIM names have no letter case (RFC 7643 §2.1)."""
    lowered = {name.lower(): value for name, value in message.items()}
    if len(lowered) < len(message):
        raise InvalidSyntax(f"{place} has one name twice, in different letter case. Send it once.")
    return lowered


def _check_schemas(schemas: Any, reading: Reading) -> None:
    if reading.excuses(quirks.patch_without_schemas, "schemas", schemas):
        return
    listed = [schemas] if isinstance(schemas, str) and reading.allows(single_value_for_list) else schemas
    found = isinstance(listed, list) and any(isinstance(u, str) and u.lower() == PATCH_SCHEMA.lower() for u in listed)
    if not found:
        raise InvalidValue(f'`schemas`: a PATCH message has "schemas": ["{PATCH_SCHEMA}"].')
