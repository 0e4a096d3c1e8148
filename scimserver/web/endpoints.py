"""Addresses of resource types: which there are is the workspace's matter, so no route names them."""

from .base import ScimHandler


class ResourceTypeHandler(ScimHandler):
    """A handler below the endpoint of a resource type, as far as the workspace has one there."""

    endpoint = ""

    async def admit(self) -> None:
        self.endpoint = f"/{self.path_kwargs.pop('endpoint', '')}"
        await super().admit()

    @property
    def type_name(self) -> str | None:
        found = self.addressed.catalogue.by_endpoint(self.endpoint) if self.addressed else None
        return found.name if found else None

    def operation(self) -> str:
        return super().operation() if self.type_name else "other"

    def check(self) -> None:
        found = self.ctx.workspace.catalogue.by_endpoint(self.endpoint)
        if found is None:
            raise self.no_such_path()
        self.resource_type = found
        """The type as the workspace has it."""
        super().check()
