"""PUT, bodies and answers of a resource type that has every characteristic (RFC 7643 §2 and §7, RFC 7644 §3.5.1, §3.9)."""

from typing import Any

import pytest

from scimserver.errors import InvalidValue, Mutability
from scimserver.schema.attributes import Attribute, ResourceType, SchemaDefinition
from scimserver.scim.canonical import canonicalise
from scimserver.scim.messages import parse_patch
from scimserver.scim.patch import apply
from scimserver.scim.projection import Projection
from scimserver.scim.reading import strict
from scimserver.scim.replace import merge_put
from tests.kitchen import CRANE_URN, RENTAL_URN, crane
from tests.readings import either

CRANE = crane()
BODY = {"schemas": [CRANE_URN], "name": "Goliath", "slots": ["a"]}
SINCE = "2031-02-03T09:15:00Z"


def put(stored: dict[str, Any], sent: dict[str, Any], *, tolerant: bool = True) -> dict[str, Any]:
    return merge_put(stored, canonicalise({**BODY, **sent}, CRANE, reading=either(tolerant)), CRANE)


def rest(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in BODY}


# -- PUT ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "sent", "expected"),
    [
        ({"nick": "Gol"}, {}, {}),
        ({"nick": "Gol"}, {"nick": None}, {}),
        ({"loads": [1]}, {"loads": []}, {}),
        ({"maker": "M"}, {"maker": "N"}, {}),
        ({"serial": "S"}, {}, {"serial": "S"}),
        ({"serial": "S"}, {"serial": None}, {"serial": "S"}),
        ({"serial": "S"}, {"serial": "S"}, {"serial": "S"}),
        ({}, {"serial": "S"}, {"serial": "S"}),
        ({"marks": ["m"]}, {"marks": ["m"]}, {"marks": ["m"]}),
        ({"hook": {"size": 4, "forged": "F"}}, {"hook": {"size": 5}}, {"hook": {"size": 5, "forged": "F"}}),
        ({"hook": {"size": 4, "forged": "F"}}, {"hook": {"size": 4, "forged": "F"}}, {"hook": {"size": 4, "forged": "F"}}),
        ({"hook": {"size": 4}}, {"hook": {"size": 4, "forged": "F"}}, {"hook": {"size": 4, "forged": "F"}}),
        ({"hook": {"size": 4, "forged": "F"}}, {}, {}),
        ({"parts": [{"value": "jib", "serial": "J1"}]}, {"parts": [{"value": "cab", "serial": "C1"}]}, {"parts": [{"value": "cab", "serial": "C1"}]}),
        ({RENTAL_URN: {"since": SINCE}}, {}, {RENTAL_URN: {"since": SINCE}}),
        ({RENTAL_URN: {"since": SINCE, "tenant": "T"}}, {RENTAL_URN: {"rate": 1.5}}, {RENTAL_URN: {"since": SINCE, "rate": 1.5}}),
        ({RENTAL_URN: {"since": SINCE, "tenant": "T"}}, {RENTAL_URN: {}}, {RENTAL_URN: {"since": SINCE}}),
        ({RENTAL_URN: {"tenant": "T"}}, {RENTAL_URN: None}, {}),
        ({RENTAL_URN: {"since": SINCE}}, {RENTAL_URN: "not an object"}, {RENTAL_URN: "not an object"}),
    ],
)  # fmt: skip
def test_a_put_keeps_what_is_immutable_and_clears_what_is_left_out(stored, sent, expected) -> None:
    assert rest(put(stored, sent)) == expected


@pytest.mark.parametrize(
    ("stored", "sent", "named"),
    [
        ({"serial": "S"}, {"serial": "T"}, "serial"),
        ({"marks": ["m"]}, {"marks": ["m", "n"]}, "marks"),
        ({"hook": {"size": 4, "forged": "F"}}, {"hook": {"size": 4, "forged": "G"}}, "forged"),
        ({RENTAL_URN: {"since": SINCE}}, {RENTAL_URN: {"since": "2032-02-03T09:15:00Z"}}, "since"),
    ],
)
def test_a_put_does_not_change_an_immutable_value(stored, sent, named) -> None:
    with pytest.raises(Mutability, match=named):
        put(stored, sent)


def test_a_put_leaves_the_stored_resource_as_it_is() -> None:
    stored = {RENTAL_URN: {"since": SINCE}, "hook": {"size": 4, "forged": "F"}}
    put(stored, {RENTAL_URN: {"rate": 1}, "hook": {"size": 5}})
    assert stored == {RENTAL_URN: {"since": SINCE}, "hook": {"size": 4, "forged": "F"}}


def test_a_null_clears_active_in_a_strict_profile_only(user) -> None:
    body = {"schemas": [user.schema.id], "userName": "ines", "active": None}
    for tolerant, kept in ((True, {"active": False}), (False, {})):
        merged = merge_put(
            {"userName": "ines", "active": False}, canonicalise(body, user, reading=either(tolerant)), user
        )
        assert merged == {"userName": "ines", **kept}


# -- bodies ------------------------------------------------------------------------------------------------------------


def test_a_value_is_kept_once_for_each_type() -> None:
    parts = [
        {"value": "jib", "type": "arm"},
        {"value": "JIB", "type": "ARM", "note": "n"},
        {"value": "jib", "type": "leg"},
    ]
    sent = {
        **BODY,
        "slots": ["a", "A", "b"],
        "parts": parts,
        "loads": [1, 1.0, 1.5],
        "days": [SINCE, "2031-02-03T10:15:00+01:00"],
    }
    resource = canonicalise(sent, CRANE).resource
    assert resource["slots"] == ["a", "b"]
    assert resource["loads"] == [1, 1.5]
    assert resource["parts"] == [{"value": "JIB", "type": "ARM", "note": "n"}, {"value": "jib", "type": "leg"}]
    assert resource["days"] == [SINCE]


def test_a_value_of_a_wrong_type_is_no_duplicate_of_a_right_one() -> None:
    resource = canonicalise({**BODY, "slots": ["1", 1], "parts": [{"value": 1}, {"value": "1"}]}, CRANE).resource
    assert resource["slots"] == ["1", 1]
    assert resource["parts"] == [{"value": 1}, {"value": "1"}]


def test_a_whole_number_has_no_fraction() -> None:
    assert canonicalise({**BODY, "floors": 3.0}, CRANE).resource["floors"] == 3
    assert isinstance(canonicalise({**BODY, "floors": 3.0}, CRANE).resource["floors"], int)
    assert canonicalise({**BODY, "floors": 3.5}, CRANE).resource["floors"] == 3.5
    assert canonicalise({**BODY, "floors": 3}, CRANE, reading=strict()).resource["floors"] == 3
    with pytest.raises(InvalidValue, match="whole number"):
        canonicalise({**BODY, "floors": 3.0}, CRANE, reading=strict())


@pytest.mark.parametrize(
    ("schemas", "says"),
    [
        (None, "missing"),
        ([], "missing"),
        (CRANE_URN, "expected a list"),
        ([RENTAL_URN], f"does not name `{CRANE_URN}`"),
        ([CRANE_URN, "urn:larkfield:none"], "does not have"),
        ([CRANE_URN, CRANE_URN], "twice"),
        ([CRANE_URN], f"does not name `{RENTAL_URN}`"),
        ([CRANE_URN, RENTAL_URN, RENTAL_URN.upper()], "twice"),
    ],
)
def test_schemas_are_exactly_right_in_a_strict_profile(schemas, says) -> None:
    body = {**BODY, "schemas": schemas, RENTAL_URN: {"tenant": "T"}}
    with pytest.raises(InvalidValue, match="schemas") as refused:
        canonicalise(body, CRANE, reading=strict())
    assert says in refused.value.detail
    right = {**body, "schemas": [RENTAL_URN, CRANE_URN]}
    assert canonicalise(right, CRANE, reading=strict()).extensions == {RENTAL_URN}


def test_an_extension_may_have_an_attribute_with_a_common_name(user) -> None:
    urn = "urn:larkfield:schemas:3.0:named"
    named = SchemaDefinition(
        urn, "Named", "", tuple(Attribute(n, "string", urn) for n in ("id", "meta", "schemas")), {}
    )
    resource_type = ResourceType("User", "/Users", "", user.schema, user.common, (named,))
    values = {"id": "a", "meta": "b", "schemas": "c"}
    assert canonicalise({"userName": "ines", urn: values}, resource_type).resource[urn] == values
    operations = [{"op": "replace", "path": f"{urn}:{name}", "value": value} for name, value in values.items()]
    assert apply({"id": "u_1"}, parse_patch({"Operations": operations}), resource_type).resource[urn] == values


def test_an_extension_with_a_required_attribute_can_be_removed_unless_it_is_required_itself(user) -> None:
    urn = "urn:larkfield:schemas:3.0:desk"
    desk = SchemaDefinition(urn, "Desk", "", (Attribute("number", "string", urn, required=True),), {})
    optional = ResourceType("User", "/Users", "", user.schema, user.common, (desk,))
    required = ResourceType("User", "/Users", "", user.schema, user.common, (desk,), frozenset({urn}))
    held = {"id": "u_1", urn: {"number": "7"}}
    whole = parse_patch({"Operations": [{"op": "remove", "path": urn}]})
    part = parse_patch({"Operations": [{"op": "remove", "path": f"{urn}:number"}]})
    assert apply(held, whole, optional).resource == {"id": "u_1"}
    for operations, resource_type in ((whole, required), (part, optional)):
        with pytest.raises(Mutability, match="required"):
            apply(held, operations, resource_type)


# -- what an answer shows ----------------------------------------------------------------------------------------------

FULL = {
    "schemas": [CRANE_URN, RENTAL_URN],
    "id": "r_1",
    "name": "Goliath",
    "badge": "B",
    "memo": "M",
    "pin": "1234",
    "hook": {"size": 4, "stamp": "S", "memo": "M"},
    "parts": [{"value": "jib", "stamp": "S", "memo": "M", "secret": "x"}],
    "plate": {"text": "T", "memo": "M"},
    RENTAL_URN: {"tenant": "T", "label": "L"},
    "meta": {"resourceType": "Crane"},
}
ALWAYS = {"schemas": FULL["schemas"], "id": "r_1", "badge": "B", "plate": {}, RENTAL_URN: {"label": "L"}}
HOOK = {"size": 4, "stamp": "S"}
PARTS = [{"value": "jib", "stamp": "S"}]
DEFAULT = {
    **{name: FULL[name] for name in ("schemas", "id", "name", "badge", "meta", RENTAL_URN)},
    "hook": HOOK,
    "parts": PARTS,
    "plate": {"text": "T"},
}


def shown(
    attributes: str | None = None, excluded: str | None = None, sent: dict[str, Any] | None = None
) -> dict[str, Any]:
    projection = Projection.parse(attributes, excluded, CRANE)
    return (projection.answering(sent) if sent is not None else projection).apply(FULL)


def test_the_default_set_has_nothing_that_is_never_or_only_on_request_returned() -> None:
    assert shown() == DEFAULT
    assert shown(attributes="", excluded="") == DEFAULT


@pytest.mark.parametrize(
    ("attributes", "more"),
    [
        ("id", {}),
        ("nothing", {}),
        (",", {}),
        ("pin,parts.secret", {"parts": [{"stamp": "S"}]}),
        ("memo", {"memo": "M"}),
        (f"{CRANE_URN}:MEMO", {"memo": "M"}),
        ("hook.size", {"hook": {"size": 4, "stamp": "S"}}),
        ("hook.memo", {"hook": {"memo": "M", "stamp": "S"}}),
        ("hook", {"hook": HOOK}),
        ("parts.memo", {"parts": [{"memo": "M", "stamp": "S"}]}),
        (f"{CRANE_URN}:parts.value", {"parts": PARTS}),
        ("plate.text", {"plate": {"text": "T"}}),
        ("plate", {"plate": {"text": "T"}}),
        (f"{RENTAL_URN}:tenant", {RENTAL_URN: FULL[RENTAL_URN]}),
        (RENTAL_URN, {RENTAL_URN: FULL[RENTAL_URN]}),
        (CRANE_URN, {"name": "Goliath", "memo": "M", "hook": HOOK, "parts": PARTS, "plate": {"text": "T"}}),
    ],
)
def test_attributes_override_the_default_set_but_not_what_is_always_returned(attributes, more) -> None:
    expected = {**ALWAYS, **more}
    # Of a complex attribute that is always returned, nothing is left if no sub-attribute is asked for.
    assert shown(attributes) == {name: value for name, value in expected.items() if value != {}}


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [
        ("id,schemas,badge,memo", DEFAULT),
        ("plate", DEFAULT),
        ("hook.stamp,parts.stamp", DEFAULT),
        ("hook", {name: value for name, value in DEFAULT.items() if name != "hook"}),
        ("hook.size", {**DEFAULT, "hook": {"stamp": "S"}}),
        ("plate.text", {name: value for name, value in DEFAULT.items() if name != "plate"}),
        (RENTAL_URN, {**DEFAULT, RENTAL_URN: {"label": "L"}}),
        (f"{RENTAL_URN}:tenant,{RENTAL_URN}:label", {**DEFAULT, RENTAL_URN: {"label": "L"}}),
    ],
)
def test_what_is_always_returned_cannot_be_excluded(excluded, expected) -> None:
    assert shown(excluded=excluded) == expected


def test_the_answer_to_a_write_shows_what_the_client_has_named() -> None:
    sent = {
        "name": "Goliath",
        "memo": "M",
        "pin": "1234",
        "hook": {"size": 4, "Memo": "M"},
        "parts": [{"value": "jib"}],
    }
    named = {**DEFAULT, "memo": "M", "hook": FULL["hook"]}
    assert shown(sent=sent) == named
    assert shown(sent={}) == DEFAULT
    assert shown(attributes="name", sent=sent) == {**{n: v for n, v in ALWAYS.items() if v}, "name": "Goliath"}
    assert shown(excluded="memo,hook.memo", sent=sent) == DEFAULT


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        ({"op": "replace", "path": "memo", "value": "M"}, {"memo"}),
        ({"op": "replace", "value": {"MEMO": "M"}}, {"memo"}),
        ({"op": "replace", "path": "hook.memo", "value": "M"}, {"hook"}),
        ({"op": "add", "path": "hook", "value": {"memo": "M"}}, {"hook"}),
        ({"op": "add", "path": 'parts[value eq "jib"].memo', "value": "M"}, {"parts"}),
        ({"op": "add", "path": "parts", "value": [{"value": "jib", "memo": "M"}]}, {"parts"}),
        ({"op": "replace", "path": "nick", "value": "Gol"}, set()),
    ],
)
def test_the_answer_to_a_patch_shows_what_the_operations_have_named(operation, named) -> None:
    held = {"id": "r_1", "name": "G", "hook": {"size": 4}, "parts": [{"value": "jib"}]}
    result = apply(held, parse_patch({"Operations": [operation]}), CRANE)
    answer = shown(sent=result.specified)
    assert {name for name in ("memo", "hook", "parts") if "M" in str(answer.get(name))} == named
