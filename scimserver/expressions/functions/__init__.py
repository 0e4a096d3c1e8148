"""Every function of the language. The docstrings are the reference manual: docs/reference/expressions.md."""

from ..registry import FUNCTIONS
from . import choices, conversions, dates, generation, lists, replacing, roles, texts

MODULES = (texts, replacing, choices, lists, conversions, dates, generation, roles)
"""In the order of the manual."""

__all__ = ["FUNCTIONS", "MODULES"]
