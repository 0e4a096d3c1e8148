"""What is wrong with the fields of a body or query, in words for whoever sent it; no value is quoted."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from .operations import Model

MAX_FAULTS = 50
LONGEST_PLACE = 200
"""Characters of a place; the names in it are the client's."""


class Fault(Model):
    """One field that is wrong."""

    place: str
    """The field, such as `limits.concurrency` or `plugins[0].name`; empty for the whole body."""
    text: str
    """What is wrong with it, and the cure."""


class NotValid(Exception):
    """Fields are not valid; the text names the first ones, ``faults`` has them all."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        shown = "; ".join(f"{place}: {text}" if place else text for place, text in self.faults[:3])
        more = len(self.faults) - 3
        text = f"{shown} (and {more} more)" if more > 0 else shown
        super().__init__(text if text.endswith("?") else f"{text}.")


def faults_of(error: ValidationError, model: type[Model], where: str) -> list[tuple[str, str]]:
    """Return place and text of each fault that pydantic found."""
    found = error.errors(include_url=False, include_input=False)
    return [(_place(one["loc"]), _text(one, model, where)) for one in found[:MAX_FAULTS]]


def _place(location: Sequence[int | str]) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return place.removeprefix(".")[:LONGEST_PLACE]


def _text(error: Any, model: type[Model], where: str) -> str:
    kind, location = error["type"], error["loc"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown(location, model, where)
    if kind == "value_error":
        return str(error["ctx"]["error"]).rstrip(".")
    if kind == "model_type" or (kind == "model_attributes_type"):
        return "must be a JSON object"
    text = str(error["msg"]).replace("Input should be", "must be").replace("Input should", "must")
    return text[:1].lower() + text[1:]


def _unknown(location: Sequence[int | str], model: type[Model], where: str) -> str:
    thing = "query parameter" if where == "query" else "field"
    if len(location) > 1:
        return f"there is no such {thing}"
    known = _names(model)
    if not known:
        return f"there is no such {thing} here, and no other"
    close = get_close_matches(str(location[-1]), known, n=1)
    cure = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(f'`{name}`' for name in known)}"
    return f"there is no such {thing}; {cure}"


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]
