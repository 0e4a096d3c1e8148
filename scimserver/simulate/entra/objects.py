"""One user or one group, from the source to the server, as Entra ID does it (idp-clients §1.4, §1.5, §2, §3)."""

from collections.abc import Mapping as MappingABC
from typing import TYPE_CHECKING, Any

from ..cycle import CHANGED, CREATED, DELETED, ENDPOINTS, Kind, ObjectFailed
from ..mapping.targets import target
from ..source.people import Person, Team
from .answers import DUPLICATE, INVALID_ANCHOR, MISSING
from .dialects import Edit

if TYPE_CHECKING:
    from .service import EntraService

Resource = MappingABC[str, Any]
WITHOUT_MEMBERS = {"excludedAttributes": "members"}


class _NoMatch(ObjectFailed):
    """Nobody can say which resource it is."""


class Objects:
    """Matches, creates, updates, disables and deletes."""

    def __init__(self, service: "EntraService") -> None:
        self._service = service
        self._state = service.state
        self._mapping = service.mapping
        self.created: set[str] = set()
        """objectIds of what was created in this run: the server cannot know references of these yet."""

    async def user(self, key: str, *, anew: bool = False) -> None:
        """Bring one user to what the source says; with ``anew`` it is matched again even if its id is cached."""
        person = self._service.directory.people.get(key)
        if person is None or key in self._state.stuck:
            return
        if self._service.wanted(person):
            await self._provision("user", person, anew)
        elif key not in self._state.ids:
            return  # nobody is created disabled
        elif self._service.scope.contains(person):
            await self._update("user", person, await self.read("user", key))
        else:
            await self._release(person)

    async def group(self, key: str, *, anew: bool = False) -> None:
        """Bring one group to what the source says, its members apart."""
        team = self._service.directory.teams.get(key)
        if team is None or key in self._state.stuck:
            return
        if self._service.scope.contains(team):
            await self._provision("group", team, anew)

    async def delete(self, key: str) -> None:
        """Delete at the server what is gone in the source; a user that was unassigned before stays, disabled."""
        target_id = self._state.ids[key]
        kind: Kind = "group" if key in self._state.group_ids else "user"
        note = self._service.note("delete", kind, key, target_id)
        await self._service.ask("DELETE", f"{ENDPOINTS[kind]}/{target_id}", note, DELETED)
        self._state.forget(key)

    async def match(self, kind: Kind, thing: Person | Team) -> Resource | None:
        """Ask for the resource by each matching attribute in turn; the first hit ends the search.

        Raises:
            ObjectFailed: two resources have the value, or the source has a value for none of the attributes.
        """
        try:
            return await self._first_hit(kind, thing)
        except _NoMatch as problem:
            self._service.tell(self._service.note("match", kind, thing.id), problem)
            raise

    async def _first_hit(self, kind: Kind, thing: Person | Team) -> Resource | None:
        flat = self._mapping.flat(thing, creating=False)
        questions = [(path, flat[path]) for path in self._mapping.matching(kind) if path in flat]
        if not questions:
            names = ", ".join(f"`{path}`" for path in self._mapping.matching(kind))
            raise _NoMatch(MISSING, f"The source has no value for any matching attribute ({names}).")
        for path, value in questions:
            found = await self._find(kind, thing.id, path, value)
            if len(found) > 1:
                ids = ", ".join(str(one.get("id")) for one in found[:3])
                raise _NoMatch(DUPLICATE, f"{len(found)} {kind}s at the server have this `{path}`: {ids}.")
            if found:
                return found[0]
        return None

    async def _find(self, kind: Kind, key: str, path: str, value: Any) -> list[Resource]:
        params = {**(WITHOUT_MEMBERS if kind == "group" else {}), "filter": equals(path, value)}
        note = self._service.note("match", kind, key)
        answer = await self._service.ask("GET", ENDPOINTS[kind], note, params=params)
        return list(answer.body["Resources"])

    async def read(self, kind: Kind, key: str) -> Resource:
        """Read a resource by its cached id.

        Raises:
            ObjectFailed: it is gone: the object is stuck until provisioning is restarted.
        """
        target_id = self._state.ids[key]
        params = WITHOUT_MEMBERS if kind == "group" else None
        note = self._service.note("read", kind, key, target_id)
        try:
            answer = await self._service.ask("GET", f"{ENDPOINTS[kind]}/{target_id}", note, params=params)
        except ObjectFailed as problem:
            self._stick(key, problem)
            raise
        resource: Resource = answer.body
        return resource

    async def _provision(self, kind: Kind, thing: Person | Team, anew: bool) -> None:
        cached = thing.id in self._state.ids and not anew
        resource = await self.read(kind, thing.id) if cached else await self.match(kind, thing)
        if resource is None:
            await self._create(kind, thing)
            return
        if not cached:
            self._state.adopt(thing.id, str(resource["id"]), group=kind == "group")
        await self._update(kind, thing, resource)

    async def _create(self, kind: Kind, thing: Person | Team) -> None:
        flat = self._flat(thing, creating=True)
        dialect = self._service.dialect
        body = dialect.user_body(flat) if kind == "user" else dialect.group_body(flat)
        note = self._service.note("create", kind, thing.id)
        answer = await self._service.ask("POST", ENDPOINTS[kind], note, CREATED, body=body)
        self._state.forget(thing.id)
        self._state.adopt(thing.id, answer.body["id"], group=kind == "group")
        self._state.remember(thing.id, flat)
        self.created.add(thing.id)

    def _flat(self, thing: Person | Team, *, creating: bool) -> dict[str, Any]:
        flat = self._mapping.flat(thing, creating=creating)
        for path, value in flat.items():
            if isinstance(value, list) and path.casefold() == "roles":
                flat[path] = [role_shape(role, adding=path in self._service.accumulating) for role in value]
        return flat

    async def _update(self, kind: Kind, thing: Person | Team, resource: Resource) -> None:
        """Send what differs. Who is blocked or soft-deleted is disabled by that; memberships stay as they are."""
        flat = self._flat(thing, creating=False)
        await self._patch(kind, thing.id, edits(flat, resource, self._service.accumulating), resource)
        self._state.remember(thing.id, flat)

    async def _release(self, person: Person) -> None:
        """Disable a user who is unassigned or out of scope, and nothing else; from now on nobody manages it."""
        flat = self._mapping.flat(person, creating=False, in_scope=False)
        inactive = {path: value for path, value in flat.items() if path == "active"}
        resource = await self.read("user", person.id)
        await self._patch("user", person.id, edits(inactive, resource), resource)
        self._state.remember(person.id, inactive)
        self._state.release(person.id)

    async def _patch(self, kind: Kind, key: str, changes: list[Edit], resource: Resource) -> None:
        if not changes:
            return
        target_id = self._state.ids[key]
        body = self._service.dialect.patch(changes, resource, self._service.request_key(key))
        disabling = any(edit.path == "active" and edit.value is False for edit in changes)
        note = self._service.note("disable" if disabling else "update", kind, key, target_id)
        try:
            await self._service.ask("PATCH", f"{ENDPOINTS[kind]}/{target_id}", note, CHANGED, body=body)
        except ObjectFailed as problem:
            self._stick(key, problem)
            raise

    def _stick(self, key: str, problem: ObjectFailed) -> None:
        if problem.code == INVALID_ANCHOR:
            self._state.stuck[key] = problem.detail


def equals(path: str, value: Any) -> str:
    """Return the filter that finds a value: ``userName eq "ines.okafor@larkfield.example"``."""
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'{path} eq "{text}"'


def edits(flat: MappingABC[str, Any], resource: Resource, accumulating: frozenset[str] = frozenset()) -> list[Edit]:
    """Return what has to change for a resource to hold the values; what is null in the source is never touched.

    ``accumulating`` are the paths of lists to which only what is missing is added (``AppRoleAssignmentsComplex``).
    """
    found: list[Edit] = []
    for path, value in flat.items():
        present = target(path).find(resource)
        if isinstance(value, list):
            missing = [one for one in value if _name(one) not in {_name(other) for other in present or ()}]
            if path in accumulating or not present:
                found += [Edit("add", path, missing)] if missing else []
            elif missing or len(present) != len(value):
                found.append(Edit("replace", path, value))
        elif not same(value, present):
            found.append(Edit("add" if present is None else "replace", path, value))
    return found


def role_shape(role: Any, *, adding: bool) -> Any:
    """Return a role as the expression that only adds writes it, or the one that replaces all (idp-clients §4)."""
    if not isinstance(role, MappingABC):
        return role
    shaped = {name: value for name, value in role.items() if name != "displayName"}
    if "displayName" in role:
        shaped["displayName" if adding else "display"] = role["displayName"]
    return {**shaped, "primary": False} if adding else shaped


def same(wanted: Any, found: Any) -> bool:
    """Say whether the server holds what is wanted: texts to the letter, booleans by their meaning."""
    if isinstance(found, bool) and isinstance(wanted, str):
        return str(found).casefold() == wanted.casefold()
    return bool(wanted == found and isinstance(wanted, bool) == isinstance(found, bool))


def _name(element: Any) -> Any:
    """Return what elements of a list are compared by."""
    return element.get("value") if isinstance(element, MappingABC) else element
