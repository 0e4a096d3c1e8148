"""What a change may not touch: readOnly, immutable and required attributes (RFC 7643 §2.2, RFC 7644 §3.5)."""

from collections.abc import Mapping
from typing import Any

from ..errors import Mutability
from ..schema.attributes import Attribute
from .values import copied

_IGNORED = frozenset({"$ref", "password"})
"""``$ref`` is made on output, and a password is accepted and dropped."""


def writable(attribute: Attribute) -> bool:
    """Tell whether a client's value has any effect."""
    return attribute.mutability != "readOnly" and attribute.name not in _IGNORED


class Guard:
    """An attribute as it was before an operation, to be compared with what the operation left."""

    __slots__ = ("_attribute", "_before", "_elements", "_guarded")

    def __init__(self, attribute: Attribute, held: Any) -> None:
        self._attribute = attribute
        self._guarded = [sub for sub in attribute.sub_attributes if sub.required or sub.mutability == "immutable"]
        needed = bool(self._guarded) or attribute.required or attribute.mutability == "immutable"
        self._before = copied(held) if needed else None
        elements = held if isinstance(held, list) and self._guarded else []
        self._elements = [(element, dict(element)) for element in elements if isinstance(element, dict)]

    def check(self, after: Any, place: str, *, clears: bool) -> None:
        """Compare; ``clears`` tells an operation that removes from one that brings an incomplete value.

        A value of a list is compared only while it is the same object: one that was removed may be replaced.

        Raises:
            Mutability: an immutable value was changed, or what is required is gone.
        """
        attribute, before = self._attribute, self._before
        if before is None:
            return
        if attribute.mutability == "immutable" and after != before:
            raise _set_once(place)
        if attribute.required and after is None:
            raise Mutability(f"`{place}` is required and cannot be removed: send a new value instead.")
        pairs = [(before, after)] if isinstance(before, dict) and isinstance(after, dict) else []
        if isinstance(after, list):
            kept = {id(element) for element in after}
            pairs = [(copied, element) for element, copied in self._elements if id(element) in kept]
        for old, new in pairs:
            self._check_subs(old, new, place, clears)

    def _check_subs(self, old: Mapping[str, Any], new: Mapping[str, Any], place: str, clears: bool) -> None:
        for sub in self._guarded:
            if sub.name not in old or new.get(sub.name) == old[sub.name]:
                continue
            if sub.mutability == "immutable":
                raise _set_once(place, sub)
            if clears and sub.name not in new:
                raise Mutability(
                    f"`{place}`: `{sub.name}` is required and cannot be removed: send a new value instead."
                )


def keep_immutable(attribute: Attribute, before: Any, after: Any) -> Any:
    """Return the attribute's value after a PUT: an immutable one stays where it is left out (RFC 7644 §3.5.1).

    Raises:
        Mutability: the client sends another value for it.
    """
    if attribute.mutability == "immutable" and before is not None:
        if after not in (None, before):
            raise _set_once(attribute.name)
        return before
    if isinstance(before, dict) and isinstance(after, dict):
        for sub in attribute.sub_attributes:
            if (kept := keep_immutable(sub, before.get(sub.name), after.get(sub.name))) is not None:
                after = {**after, sub.name: kept}
    return after


def _set_once(place: str, sub: Attribute | None = None) -> Mutability:
    what = f"`{place}`: `{sub.name}`" if sub else f"`{place}`"
    return Mutability(f"{what} can be set once and not be changed: send it as it is, or leave it out.")
