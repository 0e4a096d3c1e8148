"""A preview tells what the server then does: for every request of every recorded dialogue, and nothing is written."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from scimserver.conformance.fixture import Dialogue
from scimserver.conformance.runner import published_by, replay
from scimserver.errors import ScimError
from scimserver.schema.attributes import ResourceType
from scimserver.service.application import Application
from scimserver.service.context import RequestContext
from scimserver.service.differences import difference
from scimserver.service.provisioning import Provisioning
from tests.web.conftest import Site
from tests.written import everything

from .clients import application, applications, playable, profiles, server_of, title

__all__ = ["application", "applications"]

METHODS = {"create": "POST", "replace": "PUT", "patch": "PATCH"}
PLAYED = [(profiles(folder)[-1], folder, dialogue) for folder, dialogue in playable()]
NAMES = [title(folder, dialogue) for _, folder, dialogue in PLAYED]


@pytest.mark.parametrize(("profile", "folder", "dialogue"), PLAYED, ids=NAMES)
async def test_a_preview_is_what_the_request_then_does(
    profile: str, folder: str, dialogue: Dialogue, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.app.workspaces.set(site.slug, {"profile": profile, "plugins": "work_address,profile"})
    checked = Checked(site)
    for name in METHODS:
        monkeypatch.setattr(Provisioning, name, checked.around(getattr(Provisioning, name), name))
    server = server_of(site)
    await replay(dialogue, server, await published_by(server))
    assert checked.wrong == []
    assert checked.seen or not any(e.request.method in ("POST", "PUT", "PATCH") for e in dialogue.exchanges)


class Checked:
    """Previews each write before it is done, and compares."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.seen = 0
        self.wrong: list[str] = []

    def around(self, original: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return a method of Provisioning that is compared with its preview."""

        async def write(
            provisioning: Provisioning, ctx: RequestContext, resource_type: ResourceType, *rest: Any, **more: Any
        ) -> Any:
            if ctx.expected or (len(rest) > 3 and rest[3].if_match):
                return await original(provisioning, ctx, resource_type, *rest, **more)
            app, ws, self.seen = self._site.app, ctx.workspace.id, self.seen + 1
            target, body = (None, rest[0]) if name == "create" else rest[:2]
            before = await everything(app.database)
            told = await app.preview.preview(
                self._site.slug, body, resource_type=resource_type.name, resource_id=target, method=METHODS[name]
            )
            assert await everything(app.database) == before
            earlier = await app.stores.of(resource_type).get(ws, target) if target else None
            rows = len(await live_members(app, ws))
            used = dict(ctx.reading.used)
            try:
                stored = await original(provisioning, ctx, resource_type, *rest, **more)
            except ScimError as error:
                self._compare("error", told.error and told.error.body(), error.body())
                raise
            written = target or stored.location.rpartition("/")[2]
            document = await app.stores.of(resource_type).get(ws, written)
            assert document is not None
            assert told.resource is not None
            self._compare("error", told.error and told.error.body(), None)
            self._compare("tolerations", told.tolerations, newly(used, ctx.reading.used))
            self._compare("resource", {**told.resource, "id": written}, {"id": written, **document.scim})
            members = (told.members.added - told.members.removed) if told.members else 0
            self._compare("members", members, len(await live_members(app, ws)) - rows)
            if told.writes:
                self._compare("document", told.document, document.app)
                self._compare("revision", told.mapping and told.mapping.revision, document.map)
            else:
                assert earlier is not None
                bumped = bool(told.members and (told.members.added or told.members.removed))
                self._compare("version", earlier.v + bumped, document.v)
                self._compare("document", earlier.app, document.app)
            return stored

        return write

    def _compare(self, what: str, told: Any, done: Any) -> None:
        different = difference({what: told}, {what: done})
        if different:
            self.wrong.append(f"{what}: previewed {told!r}, done {done!r}")


def newly(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tolerations that the body needed; the query of the address was read before it."""
    return {name: places for name, places in after.items() if before.get(name) != places}


async def live_members(app: Application, ws: str) -> list[Any]:
    """Return the membership rows of a workspace that have not ended."""
    return await app.database["memberships"].find({"ws": ws, "live": True}).to_list(None)
