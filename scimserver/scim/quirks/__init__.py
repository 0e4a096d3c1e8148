"""What real identity providers send that the RFC does not allow, one small function each.

A function either *rewrites* (returns what the wrong value means, or the same object if there is nothing to rewrite) or
*excuses* (tells whether this is the case that is let pass). Its docstring shows the wrong request, the legal one and
who sends it; its name is the name of the toleration in profiles and in the provisioning log. The engine asks them only
through :class:`~scimserver.scim.reading.Reading`, so the profile decides and every use is remembered.

* :mod:`.values`: the value of one attribute has the wrong shape.
* :mod:`.names`: an attribute or a schema has another name, or none that is known.
* :mod:`.messages`: the PATCH message itself is written another way.
* :mod:`.operations`: a PATCH operation means something else than its words.
* :mod:`.filters`: a filter is written another way.
"""

from . import filters, messages, names, operations, values
from .registry import TOLERATIONS

__all__ = ["TOLERATIONS", "filters", "messages", "names", "operations", "values"]
