"""The expressions of Entra ID's attribute mappings, evaluated by us: bounded in text, depth, steps, size and time."""

from .context import Budget
from .expression import Expression, compile_expression
from .problems import ExpressionProblem

__all__ = ["Budget", "Expression", "ExpressionProblem", "compile_expression"]
