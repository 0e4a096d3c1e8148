"""How one request is read: what its workspace tolerates, and which tolerations the request needed.

There is no other way to a tolerant reading than to ask here, so that whatever was tolerated is also told: the
provisioning log shows an operator what a client really sends.
"""

from collections.abc import Collection
from typing import Any

from .lexer import masked
from .quirks import TOLERATIONS
from .quirks.registry import Quirk, name_of

MAX_PLACES = 20
"""Places remembered for one toleration; more tell nobody more."""
_LONGEST = 120


class Reading:
    """One per request; ``allowed`` are the tolerations of the workspace's profile."""

    __slots__ = ("_allowed", "_missed", "_used")

    def __init__(self, allowed: Collection[Quirk]) -> None:
        self._allowed = allowed
        self._used: dict[str, dict[str, None]] = {}
        self._missed: dict[str, None] = {}

    def allows(self, quirk: Quirk) -> bool:
        """Tell whether a toleration may be used, without using it."""
        return quirk in self._allowed

    def excuses(self, quirk: Quirk, place: str, *case: Any, **more: Any) -> bool:
        """Tell whether a toleration that excuses may be used and does excuse this case; if so, remember where."""
        if not quirk(*case, **more) or self._misses(quirk):
            return False
        self._note(quirk, place)
        return True

    def rewrite(self, quirk: Quirk, value: Any, place: str, *context: Any) -> Any:
        """Return what a toleration that rewrites makes of a value; the value itself, if it may not or need not."""
        rewritten = quirk(value, *context)
        if rewritten is value or self._misses(quirk):
            return value
        self._note(quirk, place)
        return rewritten

    def find(self, quirk: Quirk, place: str, *where: Any) -> Any:
        """Return what a toleration finds by another name; None, if it may not or finds nothing."""
        found = quirk(*where)
        if found is None or self._misses(quirk):
            return None
        self._note(quirk, place)
        return found

    @property
    def used(self) -> dict[str, list[str]]:
        """Return name → places of the tolerations used so far, each place once, in the order of first use.

        Places are names of attributes, or paths without the values in their filters.
        """
        return {name: list(places) for name, places in self._used.items()}

    @property
    def missed(self) -> list[str]:
        """Return the names of those tolerations that the workspace has off and that would have read something."""
        return list(self._missed)

    def _misses(self, quirk: Quirk) -> bool:
        """Tell whether a toleration that applies is off, and if so remember its name."""
        if quirk in self._allowed:
            return False
        self._missed[name_of(quirk)] = None
        return True

    def _note(self, quirk: Quirk, place: str) -> None:
        places = self._used.setdefault(name_of(quirk), {})
        if len(places) < MAX_PLACES:
            places[shown(masked(place))] = None


def shown(name: str) -> str:
    """Return a client's name for something, short enough for a log line."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}…"


def tolerant() -> Reading:
    """Return a reading that tolerates everything."""
    return Reading(_ALL)


def strict() -> Reading:
    """Return a reading to the letter of the RFC."""
    return Reading(())


_ALL = frozenset(TOLERATIONS.values())
