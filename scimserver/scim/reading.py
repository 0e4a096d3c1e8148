"""How one request is read: what its workspace tolerates, and which tolerations the request needed.

There is no other way to a tolerant reading than to ask here, so that whatever was tolerated is also told: the
provisioning log shows an operator what a client really sends.
"""

from collections.abc import Collection

from .quirks import TOLERATIONS
from .quirks.registry import Quirk, name_of

MAX_PLACES = 20
"""Places remembered for one toleration; more tell nobody more."""


class Reading:
    """One per request; ``allowed`` are the tolerations of the workspace's profile."""

    __slots__ = ("_allowed", "_used")

    def __init__(self, allowed: Collection[Quirk]) -> None:
        self._allowed = allowed
        self._used: dict[str, dict[str, None]] = {}

    def allows(self, quirk: Quirk) -> bool:
        """Tell whether a toleration may be used; :meth:`tolerate` it when it is."""
        return quirk in self._allowed

    def tolerate(self, quirk: Quirk, place: str) -> bool:
        """Tell whether a toleration may be used, and if so remember where it was: names of attributes, no values."""
        if quirk not in self._allowed:
            return False
        places = self._used.setdefault(name_of(quirk), {})
        if len(places) < MAX_PLACES:
            places[place] = None
        return True

    @property
    def used(self) -> dict[str, list[str]]:
        """Return name → places of the tolerations used so far, each place once, in the order of first use."""
        return {name: list(places) for name, places in self._used.items()}


def tolerant() -> Reading:
    """Return a reading that tolerates everything."""
    return Reading(_ALL)


def strict() -> Reading:
    """Return a reading to the letter of the RFC."""
    return Reading(())


_ALL = frozenset(TOLERATIONS.values())
