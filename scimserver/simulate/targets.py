"""Target paths of a mapping, such as ``userName`` and ``emails[type eq "work"].value``, taken apart.

The grammar is that of PATCH paths (RFC 7644 §3.5.2) with a filter of equality terms, as an identity provider has it.
"""

import re
from dataclasses import dataclass

_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_VALUE = r'"(?:[^"\\]|\\.)*"|true|false'
_TERM = rf"({_NAME})\s+eq\s+({_VALUE})"
_TARGET = re.compile(
    rf"(?:(?P<schema>urn:[^\s\[\]\"]+):)?(?P<attribute>{_NAME})"
    rf"(?:\[(?P<filter>{_TERM}(?:\s+and\s+{_TERM})*)\])?(?:\.(?P<sub>{_NAME}|\$ref))?",
    re.IGNORECASE,
)
_TERMS = re.compile(_TERM, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """One path, taken apart."""

    schema: str | None
    """URN of the extension, without the colon that follows it; None for a core attribute."""
    attribute: str
    selector: tuple[tuple[str, str | bool], ...] = ()
    """The equality terms in brackets: ``(("type", "work"),)``."""
    sub: str | None = None


def parse_target(text: str) -> Target | None:
    """Return a path taken apart, or None if it is not one."""
    found = _TARGET.fullmatch(text)
    if found is None:
        return None
    terms = tuple((name, _literal(value)) for name, value in _TERMS.findall(found["filter"] or ""))
    return Target(found["schema"], found["attribute"], terms, found["sub"])


def _literal(text: str) -> str | bool:
    if text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text.lower() == "true"
