"""Compiled expressions, kept by their text: settings are data, and are read at every write."""

from collections import OrderedDict

from ..expressions import Budget, Expression, compile_expression

MAX_CACHED = 1_000_000
"""Characters of all expressions that are kept; the tree of an expression takes up to forty times its text."""


class ExpressionCache:
    """Keeps the expressions that were used last, up to so many characters."""

    def __init__(self, size: int = MAX_CACHED) -> None:
        self._kept: OrderedDict[str, Expression] = OrderedDict()
        self._left = size

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, text: str, budget: Budget) -> Expression:
        """Return the compiled expression. Raises :class:`ExpressionProblem`; what is wrong is not kept."""
        found = self._kept.get(text)
        if found is not None:
            self._kept.move_to_end(text)
            return found
        expression = compile_expression(text, budget=budget)
        self._left -= len(text)
        while self._left < 0 and self._kept:
            gone, _ = self._kept.popitem(last=False)
            self._left += len(gone)
        if self._left < 0:
            self._left += len(text)
        else:
            self._kept[text] = expression
        return expression


EXPRESSIONS = ExpressionCache()
"""Of this process."""
