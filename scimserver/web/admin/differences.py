"""In what two documents differ, as answers tell it."""

from typing import Any

from .operations import Model


class Change(Model):
    """A value before and after; a date is `{"$date": …}`."""

    before: Any
    after: Any


class DifferenceAnswer(Model):
    """What differs, by path: `address.city`, `tags[1]`, `urn:…:User:department`."""

    added: dict[str, Any]
    changed: dict[str, Change]
    removed: dict[str, Any]
