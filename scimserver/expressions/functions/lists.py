"""Multi-valued attributes

An attribute with one value counts as a list of one; values that are null are not there.
"""

from ..kinds import Ordinal
from ..registry import function


@function("Count(attribute)")
def count(attribute: list[str] | None) -> int:
    """Count the values; null has 0 (our assumption).

    Example: ``Count([proxyAddresses])`` → ``3``
    Example: ``Count([otherMails])`` → ``0``
    """
    return len(attribute or ())


@function("Item(attribute, index)")
def item(attribute: list[str], index: Ordinal) -> str | None:
    """Return one value, counted from 1; 0 is refused. Behind the end there is null (our assumption).

    Example: ``Item([proxyAddresses], 2)`` → ``"smtp:io@larkfield.example"``
    Example: ``Item([proxyAddresses], 4)`` → ``null``
    """
    return attribute[index - 1] if index <= len(attribute) else None


@function("RemoveDuplicates(attribute)")
def remove_duplicates(attribute: list[str]) -> list[str]:
    """Keep the first of equal values, letter case included (our assumption).

    Example: ``Count(RemoveDuplicates([proxyAddresses]))`` → ``2``
    """
    return list(dict.fromkeys(attribute))
