"""A first mapper: the line on a visitor badge."""

from scimserver.hookspecs import MapContext, PluginInfo, hookimpl


@hookimpl
def scim_plugin_info() -> PluginInfo:
    colour = {"type": "string", "default": "blue", "description": "Colour of the badge."}
    return PluginInfo("badge", "The line on a badge.", settings_schema={"properties": {"colour": colour}})


@hookimpl
def scim_map(context: MapContext, resource: dict) -> dict | None:
    if context.resource_type != "User" or "displayName" not in resource:
        return None
    return {"badge": {"text": resource["displayName"].upper(), "colour": context.settings["colour"]}}
