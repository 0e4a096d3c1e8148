"""Attribute names as clients write them: any letter case, URN-qualified, dotted, or without their extension's URN.

RFC 7644 §3.10 gives the notation; what identity providers write beyond it is read as the :class:`Reading` allows.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches

from ..schema.attributes import Attribute, ResourceType
from .filter import AttributePath
from .quirks.filters import complex_compared
from .quirks.names import dot_after_urn, without_urn
from .reading import Reading
from .values import sub_attribute

_SHOWN = 120
_NAME_SHAPE = re.compile(r"[$A-Za-z][A-Za-z0-9_:.$-]*")


class UnknownName(Exception):
    """The name cannot be resolved; the message says why and what to write instead."""


def resolve(
    name: str, resource_type: ResourceType, reading: Reading, others: Sequence[ResourceType] = ()
) -> AttributePath | str:
    """Resolve a name to its attribute path, or to the URN where it names a whole schema.

    ``others`` are asked in turn about a name that the type itself has not, in a query over several types (RFC 7644
    §3.4.2.1). Raises :class:`UnknownName`.
    """
    try:
        return _resolve(name, resource_type, reading)
    except UnknownName:
        for other in others:
            with suppress(UnknownName):
                return _resolve(name, other, reading)
        raise


def _resolve(name: str, resource_type: ResourceType, reading: Reading) -> AttributePath | str:
    if not _NAME_SHAPE.fullmatch(name):
        raise UnknownName(
            "an attribute name is expected here, such as userName or name.familyName; "
            "put a value that contains spaces or special characters between double quotes"
        )
    if urn := _whole_urn(name, resource_type):
        return urn
    urn, rest = _split_urn(name, resource_type, reading)
    top, dot, sub_name = rest.partition(".")
    attribute = _top_level(name, top, urn, resource_type, reading)
    home = attribute.schema if resource_type.is_extension_attribute(attribute) else None
    if not dot:
        return AttributePath(attribute, urn=home)
    sub = attribute.sub(sub_name)
    if sub is None:
        known = [f"{attribute.name}.{a.name}" for a in attribute.sub_attributes]
        raise UnknownName(_unknown(name, f"{attribute.name}.{sub_name}", known, resource_type))
    return AttributePath(attribute, sub, urn=home)


def resolve_sub(
    name: str,
    attribute: Attribute,
    resource_type: ResourceType,
    reading: Reading,
    others: Sequence[ResourceType] = (),
) -> Attribute:
    """Resolve a name inside ``attribute[…]`` to a sub-attribute; also accepts it with its full URN and attribute.

    Raises :class:`UnknownName`.
    """
    sub = sub_attribute(attribute, name)
    if sub is None and ":" in name:
        path = resolve(name, resource_type, reading, others)
        if isinstance(path, AttributePath) and path.attribute == attribute:
            sub = path.sub
    if sub is None:
        known = [a.name for a in attribute.sub_attributes] or ["value"]
        close = _suggestion(name, known)
        raise UnknownName(
            f'{attribute.name} has no sub-attribute "{name[:_SHOWN]}"; {close or "it has " + ", ".join(known)}'
        )
    return sub


def implied_value(path: AttributePath, reading: Reading) -> AttributePath:
    """Return the path that a comparison with a complex attribute means: its ``value`` sub-attribute.

    RFC 7644 §3.4.2.2 itself writes ``emails co "example.com"``; for single-valued complex attributes such as
    ``manager`` only Entra does (idp-clients §2.5). Raises :class:`UnknownName` where there is no ``value``.
    """
    attribute = path.attribute
    if path.sub is not None or attribute.type != "complex":
        return path
    implied = attribute.multi_valued or reading.excuses(complex_compared, str(path), attribute)
    value = attribute.sub("value") if implied else None
    if value is None:
        choices = ", ".join(f"{path}.{sub.name}" for sub in attribute.sub_attributes)
        raise UnknownName(f"{path} is complex and cannot be compared as a whole; use one of {choices}")
    return AttributePath(attribute, value, path.urn)


def _whole_urn(name: str, resource_type: ResourceType) -> str | None:
    return next((urn for urn in _urns(resource_type) if urn.lower() == name.lower()), None)


def _split_urn(name: str, resource_type: ResourceType, reading: Reading) -> tuple[str | None, str]:
    """Split behind the longest registered URN; URNs contain dots, so neither a dot nor a colon alone can tell."""
    if ":" not in name:
        return None, name
    lowered = name.lower()
    for urn in sorted(_urns(resource_type), key=len, reverse=True):
        follower = name[len(urn) : len(urn) + 1]
        if not lowered.startswith(urn.lower()):
            continue
        if follower == ":" or reading.excuses(dot_after_urn, name, follower):
            return urn, name[len(urn) + 1 :]
    return None, name


def _top_level(name: str, top: str, urn: str | None, resource_type: ResourceType, reading: Reading) -> Attribute:
    attribute = resource_type.attribute(top, urn)
    if attribute is None and urn is None:
        attribute = reading.find(without_urn, top, resource_type, top)
    if attribute is not None:
        return attribute
    homes = [e.id for e in resource_type.extensions if e.attribute(top)]
    if urn is None and homes:
        full = " or ".join(f"{home}:{top}" for home in homes)
        raise UnknownName(f"{top} belongs to a schema extension; write {full}")
    if urn is None and ":" in name:
        known = list(_urns(resource_type))
        raise UnknownName(_unknown(name, name.rpartition(":")[0], known, resource_type, what="the schema of"))
    extension = resource_type.extension(urn) if urn else None
    pool: Iterable[Attribute] = extension.attributes if extension else resource_type.attributes()
    raise UnknownName(_unknown(name, top, [a.name for a in pool], resource_type))


def _unknown(name: str, tried: str, known: list[str], resource_type: ResourceType, what: str = "the attribute") -> str:
    if len(name) > _SHOWN:
        name = name[:_SHOWN] + "…"
    close = _suggestion(tried, known, resource_type)
    cure = close or f"/Schemas lists what a {resource_type.name} has"
    return f'{what} "{name}" is unknown; {cure}'


def _suggestion(name: str, known: Iterable[str], resource_type: ResourceType | None = None) -> str:
    """Ask for the nearest name; of what cannot be compared or set as a whole, such as emails, for its value."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower, n=1)
    if not close:
        return ""
    meant = by_lower[close[0]]
    attribute = resource_type.attribute(meant) if resource_type else None
    value = ".value" if attribute and attribute.multi_valued and attribute.sub("value") else ""
    return f'did you mean "{meant}{value}"?'


def _urns(resource_type: ResourceType) -> Iterator[str]:
    yield resource_type.schema.id
    for extension in resource_type.extensions:
        yield extension.id
