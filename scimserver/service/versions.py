"""Versions of a resource as ETags, and the conditions that clients put on them (RFC 7644 §3.14, RFC 7232)."""

from ..errors import PreconditionFailed


def version_tag(version: int) -> str:
    """Return the weak ETag of a version."""
    return f'W/"{version}"'


def names_version(header: str, tag: str) -> bool:
    """Tell whether a list of ETags holds this one, or is ``*``; compared weakly: ``"1"`` and ``W/"1"`` are the same."""
    listed = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in listed or tag.removeprefix("W/") in listed


def is_condition(if_match: str | None) -> bool:
    """Tell whether ``If-Match`` asks for a certain version; ``*`` asks only that the resource exists."""
    return if_match is not None and if_match.strip() != "*"


def check_if_match(if_match: str | None, version: int) -> None:
    """Accept the header if it is absent or names this version.

    Raises:
        PreconditionFailed: it names another one.
    """
    tag = version_tag(version)
    if if_match is not None and not names_version(if_match, tag):
        raise PreconditionFailed(
            f"The resource is at version {tag}, `If-Match` asks for {if_match[:99]}: read it anew."
        )
