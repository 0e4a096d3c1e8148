"""Random configurations of a workspace, and random things to do with it, for what must not depend on who else is there."""

import re
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from scimserver.scim.quirks import TOLERATIONS
from scimserver.service.profiles import BEHAVIOURS

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
EXTENSION = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
OTHER_EXTENSION = "urn:ietf:params:scim:schemas:extension:larkfield:3.0:User"
ASSET = "urn:larkfield:params:scim:schemas:core:1.0:Asset"
NAMES = ("badge", "level", "wing")
"""Attributes that workspaces have in common by name, and by nothing else."""
ENDPOINTS = ("Assets", "Gear")
KINDS = ("string", "integer", "boolean")
VALUES = {"string": ["teal", "Red", ""], "integer": [0, 7], "boolean": [True, False]}


@dataclass(frozen=True)
class Attribute:
    """One attribute of a workspace's own."""

    kind: str
    many: bool
    keyed: bool
    unique: bool
    exact: bool
    returned: str

    def document(self) -> dict[str, Any]:
        """Return its annotated JSON Schema."""
        unique = self.unique and not self.many and self.kind == "string"
        notes: dict[str, Any] = {
            "mutability": "readWrite",
            "returned": self.returned,
            "uniqueness": "server" if unique else "none",
            "keyed": self.keyed or unique,
        }
        if self.kind == "string":
            notes["caseExact"] = self.exact
        node: dict[str, Any] = {"type": self.kind}
        if self.many:
            node = {"type": "array", "items": node}
        return {"description": f"A {self.kind} of this workspace.", **node, "scim": notes}


ATTRIBUTES = st.builds(
    Attribute,
    kind=st.sampled_from(KINDS),
    many=st.booleans(),
    keyed=st.booleans(),
    unique=st.booleans(),
    exact=st.booleans(),
    returned=st.sampled_from(["default", "default", "request", "always"]),
)


def schema(urn: str, title: str, attributes: dict[str, Attribute], **more: Any) -> dict[str, Any]:
    """Return a schema document."""
    properties = {name: attribute.document() for name, attribute in attributes.items()}
    return {"$id": urn, "title": title, "description": "Made up.", "type": "object", "properties": properties, **more}


@st.composite
def extensions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Extensions of User, or of User and Group."""
    urns = draw(st.sampled_from([[], [EXTENSION], [EXTENSION], [OTHER_EXTENSION], [EXTENSION, OTHER_EXTENSION]]))
    extended = st.sampled_from([["User"], ["User"], ["User", "Group"]])
    made = st.dictionaries(st.sampled_from(NAMES), ATTRIBUTES, min_size=1, max_size=3)
    return [schema(urn, f"Extension{n}", draw(made), scim={"extends": draw(extended)}) for n, urn in enumerate(urns)]


@st.composite
def resource_types(draw: st.DrawFn) -> list[dict[str, Any]]:
    """No resource type, or one whose name others have too."""
    if draw(st.booleans()):
        return []
    label = Attribute("string", False, True, draw(st.booleans()), draw(st.booleans()), "default")
    more = draw(st.dictionaries(st.sampled_from(NAMES), ATTRIBUTES, max_size=2))
    return [
        {
            "name": "Asset",
            "endpoint": f"/{draw(st.sampled_from(ENDPOINTS))}",
            "description": draw(st.sampled_from(["What is lent.", "What is owned."])),
            "schema": ASSET,
            "schemaExtensions": [],
            "scim": {"idPrefix": draw(st.sampled_from(["asset", "gear"]))},
        },
        schema(ASSET, "Asset", {"label": label, **more}),
    ]


def fields(schemas: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Settings of the plugin `expressions` that fit the schemas."""
    known: dict[str, Any] = {
        "line": st.sampled_from(
            [
                {"expression": 'Join("-", [displayName], [userName])'},
                {"expression": "ToUpper([userName])"},
                {"expression": "ToUpper([userName])", "apply": "create"},
                {"attribute": "title", "default": "none"},
            ]
        ),
        "card.name": st.sampled_from([{"attribute": "displayName"}, {"expression": "Left([userName], 3)"}]),
    }
    for document in schemas:
        if document.get("$id") in (EXTENSION, OTHER_EXTENSION):
            for name, node in document["properties"].items():
                made = {"attribute": f"{document['$id']}:{name}", "type": "list"}
                if node["type"] != "array":
                    made["type"] = {"integer": "number"}.get(node["type"], node["type"])
                known[name] = st.just(made)
    return st.fixed_dictionaries({}, optional=known).map(lambda users: {"fields": {"User": users}} if users else {})


@st.composite
def plugin_lists(draw: st.DrawFn, schemas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some of the shipped plugins in some order with some settings."""
    settings: dict[str, Any] = {
        "expressions": fields(schemas),
        "profile": st.just({}),
        "work_address": st.fixed_dictionaries(
            {}, optional={"prefer": st.sampled_from(["formatted", "parts"]), "clean": st.booleans()}
        ),
    }
    names = draw(st.lists(st.sampled_from(sorted(settings)), unique=True))
    chosen = [(name, draw(settings[name])) for name in names]
    return [{"name": name, **({"settings": made} if made else {})} for name, made in chosen]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """The document of a workspace."""
    schemas = draw(extensions()) + draw(resource_types())
    tolerate = draw(st.dictionaries(st.sampled_from(sorted(TOLERATIONS)), st.booleans(), max_size=2))
    behaviour = draw(st.dictionaries(st.sampled_from(sorted(BEHAVIOURS)), st.booleans(), max_size=2))
    switches = {kind: names for kind, names in (("tolerate", tolerate), ("behaviour", behaviour)) if names}
    return {
        "version": 1,
        "profile": draw(st.sampled_from(["default", "default", "entra", "okta", "strict"])),
        "switches": switches,
        "limits": draw(st.sampled_from([{}, {"concurrency": 40}])),
        "plugins": draw(plugin_lists(schemas)),
        "schemas": schemas,
    }


Operation = tuple[str, dict[str, Any]]

_PEOPLE = [f"{name}@larkfield.example" for name in ("ada", "Ada", "bea", "cleo")]
_CREWS = ["Harbour", "harbour", "Yard"]
_OWN = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([v for some in VALUES.values() for v in some]), max_size=2
)
_FILTERS = [
    'userName eq "ADA@larkfield.example"',
    'displayName sw "h"',
    f'{EXTENSION}:badge eq "TEAL"',
    f"{EXTENSION}:level gt 3",
    f"{EXTENSION}:wing pr",
    f"{OTHER_EXTENSION}:wing eq true",
    'label eq "one"',
]
_PATHS = ["title", "displayName", *(f"{EXTENSION}:{name}" for name in NAMES), f"{OTHER_EXTENSION}:badge"]
_DISCOVERY = [
    "Schemas",
    "ResourceTypes",
    "ServiceProviderConfig",
    f"Schemas/{EXTENSION}",
    f"Schemas/{ASSET}",
    "ResourceTypes/Asset",
]
_ADDRESS = {
    "type": "work",
    "formatted": "1 Quay, Leith",
    "streetAddress": "1 Quay",
    "locality": "Leith",
    "region": "Lothian",
}
_NUMBER = st.integers(0, 5)
_BODIES: dict[str, Any] = {
    "Users": st.builds(
        lambda name, own, urn, more: {"schemas": [CORE], "userName": name, **more, **({urn: own} if own else {})},
        st.sampled_from(_PEOPLE),
        _OWN,
        st.sampled_from([EXTENSION, EXTENSION, OTHER_EXTENSION]),
        st.sampled_from([{}, {"displayName": "Ada"}, {"addresses": [_ADDRESS]}, {"title": "Mate", "active": "True"}]),
    ),
    "Groups": st.builds(
        lambda name, own: {"displayName": name, **({EXTENSION: own} if own else {})}, st.sampled_from(_CREWS), _OWN
    ),
    **dict.fromkeys(
        ENDPOINTS, st.builds(lambda label, own: {"label": label, **own}, st.sampled_from(["One", "one", "two"]), _OWN)
    ),
}


def _make(kind: str, **arguments: Any) -> st.SearchStrategy[Operation]:
    return st.fixed_dictionaries(arguments).map(lambda made: (kind, made))


CREATES = st.sampled_from(["Users", "Users", "Groups", *ENDPOINTS]).flatmap(
    lambda endpoint: _make("create", endpoint=st.just(endpoint), body=_BODIES[endpoint])
)
OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    CREATES,
    CREATES,
    _make("put", number=_NUMBER, body=_BODIES["Users"]),
    _make(
        "patch",
        number=_NUMBER,
        path=st.sampled_from(_PATHS),
        value=st.sampled_from(["teal", "7", 7, True, ["a", "b"]]),
        flat=st.booleans(),
        condition=st.sampled_from([None, None, "current", "wrong", "foreign"]),
    ),
    _make("delete", number=_NUMBER),
    _make("join", group=_NUMBER, number=_NUMBER, foreign=st.booleans()),
    _make("get", number=_NUMBER, foreign=st.booleans()),
    _make("remove foreign", number=_NUMBER),
    _make(
        "list",
        endpoint=st.sampled_from(["Users", "Groups", "", *ENDPOINTS]),
        condition=st.sampled_from([None, *_FILTERS]),
    ),
    _make("walk", foreign=st.booleans()),
    _make("discover", path=st.sampled_from(_DISCOVERY)),
    _make("token", foreign=st.booleans()),
    _make("log"),
    _make("preview", body=_BODIES["Users"], number=_NUMBER, draft=st.booleans(), sample=st.booleans()),
    _make("plugins", number=st.integers(0, 1)),
)

ID = re.compile(r"\b[a-z][a-z0-9]*_[0-9A-Za-z]{20,22}\b")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
ORIGIN = re.compile(r"http://127\.0\.0\.1:\d+")
