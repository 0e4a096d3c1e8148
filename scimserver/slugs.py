"""Names of workspaces in addresses."""

import re

_SLUG = re.compile(r"[a-z0-9](-?[a-z0-9])*", re.ASCII)


def is_slug(text: str) -> bool:
    """Tell whether a text is 2 to 63 characters of a–z, 0–9 and single inner hyphens."""
    return 2 <= len(text) <= 63 and _SLUG.fullmatch(text) is not None
