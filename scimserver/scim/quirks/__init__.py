"""What real identity providers send that the RFC does not allow, one small function each.

Every function shows the wrong request, the legal one and where it was learned (rows are those of the quirk table
in the project's notes on identity providers). The engine asks these functions only in tolerant profiles; a strict
profile never calls them.

* :mod:`.values`: the value of one attribute has the wrong shape.
* :mod:`.names`: an attribute or a schema has another name.
* :mod:`.messages`: the PATCH message itself is written another way.
"""

from .registry import TOLERATIONS

__all__ = ["TOLERATIONS"]
