"""The element view of a multi-valued attribute, as comparisons see it."""

from dataclasses import replace

from ..schema.attributes import Attribute


def sub_attribute(attribute: Attribute, name: str) -> Attribute | None:
    """Find a sub-attribute in any letter case.

    The elements of a simple multi-valued attribute are its ``value`` (RFC 7643 §2.4 gives ``value`` that meaning),
    so that ``tags[value eq "x"]`` can be asked too.
    """
    if attribute.multi_valued and attribute.type != "complex" and name.lower() == "value":
        return replace(attribute, name="value", multi_valued=False)
    return attribute.sub(name)
