"""Reading a request: JSON body with limits, and its media type."""

from typing import Any

import orjson

from ..errors import InvalidSyntax, InvalidValue, UnsupportedMediaType

ACCEPTED_TYPES = ("application/scim+json", "application/json")
_INT64 = 1 << 63


def check_media_type(header: str | None) -> None:
    """Accept SCIM JSON, plain JSON and no type at all; a 415 on anything else (idp-clients §7: Entra, Okta)."""
    media_type = (header or "").partition(";")[0].strip().lower()
    if media_type and media_type not in ACCEPTED_TYPES:
        raise UnsupportedMediaType(
            f"`Content-Type: {media_type}` is not supported: send `application/scim+json` or `application/json`."
        )


def decode_json(body: bytes, max_depth: int) -> Any:
    """Parse a body; its nesting is at most ``max_depth`` levels and its integers fit 64 bits (BSON has no larger).

    Raises:
        InvalidSyntax: not JSON, or nested too deeply.
        InvalidValue: an integer too large to store.
    """
    if not body.strip():
        raise InvalidSyntax("The request has no body: send a JSON object.")
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InvalidSyntax(
            f"The body is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from None
    _check_depth_and_numbers(document, max_depth)
    return document


def _check_depth_and_numbers(document: Any, max_depth: int) -> None:
    level, depth = [document], 0
    while level:
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, int) and not -_INT64 <= value < _INT64:
                raise InvalidValue(f"The number {value} does not fit 64 bits: send it as a string or make it smaller.")
        if any(isinstance(value, dict | list) for value in level):
            depth += 1
        if depth > max_depth:
            raise InvalidSyntax(f"The JSON is nested more than {max_depth} levels deep: flatten it.")
        level = below
