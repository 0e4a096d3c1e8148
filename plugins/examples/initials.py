"""``initials``: the two letters in the circle where a user has no picture. The smallest useful mapper.

A plugin needs two functions, both marked ``@hookimpl``: one tells its name, the other returns fields for the document.
What to see here: users are told from groups by ``context.resource_type``; an absent attribute is absent and never None,
so everything is read with ``.get``; a hook asks only for the arguments that it needs.
"""

from collections.abc import Mapping
from typing import Any

from scimserver.hookspecs import MapContext, PluginInfo, hookimpl


@hookimpl
def scim_plugin_info() -> PluginInfo:
    """Describe the plugin."""
    return PluginInfo("initials", "The initials of a user, for where there is no picture.")


@hookimpl
def scim_map(context: MapContext, resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return ``initials`` of a user: of the given and the family name, else of the name that is shown."""
    name = resource.get("name", {})
    words = [name.get("givenName"), name.get("familyName")] if name else resource.get("displayName", "").split()
    letters = "".join(word.strip()[0].upper() for word in words if word and word.strip())
    return {"initials": letters[:2]} if context.resource_type == "User" and letters else None
