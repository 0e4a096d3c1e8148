"""What a function may know of the evaluation that it runs in."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from .limits import REGEX_SECONDS
from .problems import Refused
from .values import Value


@dataclass(slots=True)
class Context:
    """One evaluation as seen by functions that are not functions of their arguments alone."""

    now: datetime
    random: Random
    taken: Callable[[str], bool]
    """Tell whether the target already has this value (SelectUniqueValue)."""
    _regex_seconds: float = field(default=REGEX_SECONDS, init=False)

    def patiently(self, work: Callable[[float], str | None]) -> str | None:
        """Run a regular expression with the time that this evaluation still has.

        Seconds of work, so that a busy machine does not fail an expression. ``work`` gets them and raises TimeoutError
        when they are over. Raises :class:`Refused` then.
        """
        began = time.thread_time()
        try:
            # The engine reads 0 as no limit at all.
            return work(max(self._regex_seconds, 0.001))
        except TimeoutError:
            raise Refused(
                f"the regular expression runs longer than {REGEX_SECONDS} s: avoid repetitions inside repetitions"
            ) from None
        finally:
            self._regex_seconds -= time.thread_time() - began


class Later(ABC):
    """An argument that is evaluated only if the function asks; to return it is to return its value."""

    @abstractmethod
    def value(self) -> Value:
        """Evaluate it now."""
