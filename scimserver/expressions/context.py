"""What a function may know of the evaluation that it runs in."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TypeVar

from .limits import MAX_TOGETHER, REGEX_SECONDS
from .problems import Exhausted
from .values import Value

_Result = TypeVar("_Result")


@dataclass(slots=True)
class Budget:
    """What several evaluations may use together, when they hold up one and the same caller."""

    work: int = MAX_TOGETHER
    """Characters that their functions may still yield."""
    regex_seconds: float = REGEX_SECONDS
    """Time that their regular expressions may still take."""


@dataclass(slots=True)
class Context:
    """One evaluation as seen by functions that are not functions of their arguments alone."""

    now: datetime
    random: Random
    taken: Callable[[str], bool]
    """Tell whether the target already has this value (SelectUniqueValue)."""
    budget: Budget = field(default_factory=Budget)
    """Its own, or one that it shares."""

    def patiently(self, work: Callable[[float], _Result]) -> _Result:
        """Compile or run a regular expression with the time that the budget still has.

        Seconds of work, so that a busy machine does not fail an expression. ``work`` gets them and raises TimeoutError
        when they are over. Raises :class:`Exhausted` then.
        """
        began = time.thread_time()
        try:
            if self.budget.regex_seconds <= 0:
                raise TimeoutError
            return work(self.budget.regex_seconds)
        except TimeoutError:
            raise Exhausted(
                f"the regular expression runs longer than {REGEX_SECONDS} s: avoid repetitions inside repetitions"
            ) from None
        finally:
            self.budget.regex_seconds -= time.thread_time() - began


class Later(ABC):
    """An argument that is evaluated only if the function asks; to return it is to return its value."""

    @abstractmethod
    def value(self) -> Value:
        """Evaluate it now."""
