"""What a filter means for the resources of one type, in a query over several (RFC 7644 §3.4.2.1).

There an attribute of another type counts as one without a value, and ``meta.resourceType`` is known before anything is
read: comparisons with either are decided here, so that ``meta.resourceType eq "User"`` never looks at a group.
"""

from collections.abc import Callable

from ..schema.attributes import COMMON, Attribute, ResourceType
from .filter import And, AttributePath, Comparison, Filter, Not, Or, Present, ValuePath, conjunction, disjunction
from .match import matches


def narrow(condition: Filter, resource_type: ResourceType) -> Filter | bool:
    """Return what is left to ask of a resource of this type: True if all of them match, False if none does."""
    match condition:
        case And(terms):
            return _joined(terms, resource_type, conjunction, decisive=False)
        case Or(terms):
            return _joined(terms, resource_type, disjunction, decisive=True)
        case Not(term):
            inner = narrow(term, resource_type)
            return (not inner) if isinstance(inner, bool) else Not(inner)
        case ValuePath(attribute):
            if is_foreign(attribute, resource_type):
                return matches(condition, {}, resource_type)
        case Comparison(path) | Present(path):
            if is_foreign(path.attribute, resource_type):
                return matches(condition, {}, resource_type)
            if _names_type(path):
                return matches(condition, {"meta": {"resourceType": resource_type.name}}, resource_type)
    return condition


def is_foreign(attribute: Attribute, resource_type: ResourceType) -> bool:
    """Tell whether only another resource type has the attribute."""
    own = (COMMON, resource_type.schema.id)
    return attribute.schema not in own and not resource_type.is_extension_attribute(attribute)


def _names_type(path: AttributePath) -> bool:
    common = path.attribute.schema == COMMON and path.attribute.name == "meta"
    return common and path.sub is not None and path.sub.name == "resourceType"


def _joined(
    terms: tuple[Filter, ...], resource_type: ResourceType, join: Callable[..., Filter], *, decisive: bool
) -> Filter | bool:
    """Join what is left of the terms; one ``decisive`` term decides for all."""
    rest: list[Filter] = []
    for term in terms:
        part = narrow(term, resource_type)
        if part is decisive:
            return decisive
        if not isinstance(part, bool):
            rest.append(part)
    return join(*rest) if rest else not decisive
