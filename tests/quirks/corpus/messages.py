"""The PATCH message is written another way."""

from ..cases import INES, Call, Case, Refused, merge, patch, remove, replace

_TITLED = {"userName": "ines@larkfield.example", "title": "Pilot"}
_BARE = {"userName": "ines@larkfield.example"}
_RENAME = {"op": "Replace", "path": "title", "value": "Pilot"}

CASES = [
    Case(
        "Replace", "operation-letter-case", 1, INES,
        wrong=patch("Users", _RENAME),
        legal=patch("Users", replace("title", "Pilot")),
        after=_TITLED,
        strict=Refused(400, "invalidSyntax", ("`Operations[0].op`", "`replace`")),
    ),
    Case(
        "Add", "operation-letter-case", 1, INES,
        wrong=patch("Users", {**_RENAME, "op": "Add"}),
        legal=patch("Users", {**_RENAME, "op": "add"}),
        after=_TITLED,
        strict=Refused(400, "invalidSyntax", ("`Operations[0].op`", "`add`")),
    ),
    Case(
        "REMOVE, after another one", "operation-letter-case", 1, INES,
        wrong=patch("Users", replace("title", "Pilot"), {"op": "REMOVE", "path": "title"}),
        legal=patch("Users", replace("title", "Pilot"), remove("title")),
        after=_BARE,
        strict=Refused(400, "invalidSyntax", ("`Operations[1].op`", "`remove`")),
    ),
    Case(
        "no schemas", "patch-without-schemas", 28, INES,
        wrong=Call("PATCH", "Users/{id}", {"Operations": [replace("title", "Pilot")]}),
        legal=patch("Users", replace("title", "Pilot")),
        after=_TITLED,
        strict=Refused(400, "invalidValue", ("`schemas`", "urn:ietf:params:scim:api:messages:2.0:PatchOp")),
    ),
    Case(
        "nothing to do", "empty-operations", 30, INES,
        wrong=patch("Users"),
        legal=patch("Users", remove("title")),
        after=_BARE,
        strict=Refused(400, "invalidValue", ("`Operations`", "at least one")),
    ),
    Case(
        "a path with nothing in it", "empty-path", None, INES,
        wrong=patch("Users", {"op": "replace", "path": "", "value": {"title": "Pilot"}}),
        legal=patch("Users", merge(title="Pilot")),
        after=_TITLED,
        strict=Refused(400, "invalidPath", ("`Operations[0].path`", "leave `path` out")),
    ),
]  # fmt: skip
