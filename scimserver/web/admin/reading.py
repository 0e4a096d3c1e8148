"""Bodies and queries as models: strict, so that ``"1"`` is no number and ``1`` no text."""

from collections.abc import Mapping, Sequence
from typing import Any, get_origin

import orjson
from pydantic import ValidationError

from .operations import Model
from .problems import not_valid

_EXACT = 1 << 53
"""Beyond it a float is not the whole number that was meant."""


def read_query(model: type[Model], arguments: Mapping[str, Sequence[bytes]]) -> Model:
    """Return the query as a model; a parameter may be repeated if its field is a list.

    Raises:
        NotValid: a parameter is missing, unknown, or of another form.
    """
    sent: dict[str, Any] = {}
    for name, values in arguments.items():
        texts = [value.decode("utf-8", "replace") for value in values]
        field = model.model_fields.get(name)
        many = field is not None and get_origin(field.annotation) is list
        sent[name] = texts if many or len(texts) > 1 else texts[0]
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise not_valid(error, model, "query") from None


def read_body(model: type[Model], document: Any) -> Model:
    """Return a decoded body as a model.

    Raises:
        NotValid: a field is missing, unknown, or of another form.
    """
    try:
        return _read(model, document)
    except ValidationError as error:
        problem = error
    try:
        if _make_whole(document, problem):
            return _read(model, document)
    except ValidationError as error:
        problem = error
    raise not_valid(problem, model, "body") from None


def _read(model: type[Model], document: Any) -> Model:
    # As JSON, since only there pydantic takes a text for a date-time and is strict all the same.
    return model.model_validate_json(orjson.dumps(document), strict=True)


def _make_whole(document: Any, error: ValidationError) -> bool:
    """Put ``7`` in place of ``7.0`` where a whole number is wanted, as JSON Schema means it; True if anywhere."""
    done = False
    for fault in error.errors(include_url=False):
        value = fault["input"]
        if fault["type"] == "int_type" and type(value) is float and value.is_integer() and abs(value) < _EXACT:
            holder = document
            for part in fault["loc"][:-1]:
                holder = _within(holder, part)
            if _within(holder, fault["loc"][-1]) == value:
                holder[fault["loc"][-1]] = int(value)
                done = True
    return done


def _within(holder: Any, part: int | str) -> Any:
    """Return what a list or object holds at a place; None if pydantic's place is no place of the document."""
    if isinstance(holder, dict):
        return holder.get(part)
    return holder[part] if isinstance(holder, list) and isinstance(part, int) and part < len(holder) else None
