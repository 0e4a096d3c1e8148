"""Every case: a request that only a toleration takes, its legal form, and what the RFC makes of it."""

from ..cases import Case
from . import filters, members, messages, names, patches, values

CASES: list[Case] = [
    *messages.CASES,
    *values.CASES,
    *names.CASES,
    *patches.CASES,
    *members.CASES,
    *filters.CASES,
]
