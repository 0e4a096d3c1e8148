"""How large anything may become: an expression is text of a stranger, evaluated inside a server.

A step of the evaluation is one function call, and no function repeats another: the length of the text bounds their
number, and ``MAX_WORK`` what they handle together.
"""

MAX_TEXT = 10_000
"""Longest expression, in characters: Entra's own limit."""
MAX_DEPTH = 200
"""Deepest nesting of calls. Entra names no limit; a longer chain of IIFs is better written as a Switch."""
MAX_NUMBER = 2**63 - 1
"""Largest number, and with a minus the smallest: 64 bits."""
MAX_RESULT = 65_536
"""Longest text that an attribute or a function may yield, in characters; of a list, all its values together."""
MAX_VALUES = 1_000
"""Most values of a multi-valued attribute or result."""
MAX_WORK = 300_000
"""Most characters that all functions of one evaluation may yield together; each call counts as one more."""
REGEX_SECONDS = 0.1
"""Time for all regular expressions of one evaluation, and of all that share a budget; to compile them counts."""
MAX_TOGETHER = 500_000
"""What ``MAX_WORK`` is for one evaluation, for all expressions that share a budget: the fields of one mapping."""
MAX_PATTERN = 500
"""Longest regular expression, in characters: ``regex`` prepares to search for a long literal in cubic time."""
MAX_PATTERN_SIZE = 5_000
"""Most elements of a regular expression after its counted repetitions are written out: ``(ab){50}`` has 100."""
MAX_PATTERN_DEPTH = 50
"""Deepest nesting of the groups of a regular expression."""
MAX_REFERENCES = 100
"""Most references to groups, such as ``${name}``, in the replacement of a regular expression."""
MAX_FORMAT = 100
"""Longest date format, in characters."""
MAX_RANDOM = 256
"""Longest random text: Entra's own limit."""
