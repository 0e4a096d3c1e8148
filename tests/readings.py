"""Readings for tests that run both ways."""

from scimserver.scim.reading import Reading, strict, tolerant


def either(is_tolerant: bool) -> Reading:
    """A reading that tolerates everything, or nothing."""
    return tolerant() if is_tolerant else strict()
