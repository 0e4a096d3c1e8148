"""Versions of a resource as ETags, and the conditions that clients put on them (RFC 7644 §3.14, RFC 9110 §13)."""

from dataclasses import dataclass

from ..errors import PreconditionFailed


def version_tag(version: int) -> str:
    """Return the weak ETag of a version."""
    return f'W/"{version}"'


@dataclass(frozen=True, slots=True)
class Conditions:
    """``If-Match`` and ``If-None-Match`` of a request, as they were sent; None where there was none.

    Tags are compared weakly in both: RFC 9110 §13.1.1 wants a strong comparison for ``If-Match``, which no weak tag
    can pass, and RFC 7644 §3.14 shows weak tags there. What is not an entity tag matches nothing: a write with a
    malformed ``If-Match`` is refused, a read with a malformed ``If-None-Match`` is answered in full.
    """

    if_match: str | None = None
    if_none_match: str | None = None

    @property
    def wants_version(self) -> bool:
        """Whether ``If-Match`` asks for certain versions; ``*`` asks only that the resource exists."""
        return self.if_match is not None and self.if_match.strip() != "*"

    def check_write(self, version: int) -> None:
        """Accept a change of a resource that is at this version.

        Raises:
            PreconditionFailed: ``If-Match`` does not name the version, or ``If-None-Match`` does.
        """
        tag = version_tag(version)
        self.check_match(tag)
        if self.spares(tag):
            raise PreconditionFailed(
                f"The resource exists at version {tag}, and `If-None-Match` says not to change it then: "
                "leave the header out, or send the version you have read in `If-Match`."
            )

    def check_match(self, tag: str) -> None:
        """Accept the ETag if there is no ``If-Match``, or one that names it.

        Raises:
            PreconditionFailed: it names others.
        """
        if self.if_match is not None and not _names(self.if_match, tag):
            raise PreconditionFailed(
                f"The resource is at version {tag}, `If-Match` asks for {self.if_match[:99]}: read it anew."
            )

    def spares(self, tag: str) -> bool:
        """Tell whether ``If-None-Match`` names the ETag: the client has this version already."""
        return self.if_none_match is not None and _names(self.if_none_match, tag)


UNCONDITIONAL = Conditions()


def _names(header: str, tag: str) -> bool:
    """Tell whether a list of ETags holds this one, or is ``*``; ``"1"`` and ``W/"1"`` are the same."""
    listed = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in listed or tag.removeprefix("W/") in listed
