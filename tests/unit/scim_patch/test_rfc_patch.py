"""PATCH to the letter of RFC 7644 §3.5.2, on a resource type that has every characteristic.

Each row: the resource before, one operation, and the resource after or the error. What a tolerant reading answers
otherwise stands in a table of its own.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from scimserver.errors import BadRequest, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget
from scimserver.schema.attributes import ResourceType
from scimserver.schema.validation import ResourceValidator
from scimserver.scim.messages import PATCH_SCHEMA, parse_patch
from scimserver.scim.patch import apply
from scimserver.scim.reading import strict
from tests.kitchen import CRANE_URN, RENTAL_URN, crane
from tests.readings import either

Resource = dict[str, Any]

NEEDED: Resource = {"id": "r_1", "name": "Goliath", "slots": ["a"]}
JIB = {"type": "arm", "value": "jib", "serial": "J1", "weight": 2.5, "primary": True}
CAB = {"type": "seat", "value": "cab"}
BOOM = {"type": "arm", "value": "boom"}


@pytest.fixture(scope="module")
def crane_type() -> ResourceType:
    return crane()


@pytest.fixture(scope="module")
def after(crane_type: ResourceType) -> Callable[..., Resource]:
    """Return a function that applies operations as the service does: engine, then schema check; nothing else changes."""
    validator = ResourceValidator(crane_type)

    def run(held: Resource, *operations: Resource, tolerant: bool) -> Resource:
        before = {**NEEDED, **deepcopy(held)}
        given = deepcopy(before)
        message = {"schemas": [PATCH_SCHEMA], "Operations": list(operations)}
        try:
            result = apply(
                given, parse_patch(message, reading=either(tolerant)), crane_type, reading=either(tolerant)
            ).resource
            validator.check(result)
        finally:
            assert given == before
        return {name: value for name, value in result.items() if NEEDED.get(name) != value}

    return run


def add(path: str | None, value: Any) -> Resource:
    return {"op": "add", "value": value} | ({"path": path} if path else {})


def replace(path: str | None, value: Any) -> Resource:
    return {"op": "replace", "value": value} | ({"path": path} if path else {})


def remove(path: str) -> Resource:
    return {"op": "remove", "path": path}


ALIKE = [
    # add: an attribute that is absent, that is there, that already has the value
    ("add absent", {}, add("nick", "Gol"), {"nick": "Gol"}),
    ("add present", {"nick": "Old"}, add("nick", "Gol"), {"nick": "Gol"}),
    ("add the same", {"nick": "Gol"}, add("nick", "Gol"), {"nick": "Gol"}),
    ("add in any case", {}, add("NICK", "Gol"), {"nick": "Gol"}),
    ("add by URN", {}, add(f"{CRANE_URN}:nick", "Gol"), {"nick": "Gol"}),
    ("add false", {"tested": True}, add("tested", False), {"tested": False}),
    ("add zero", {}, add("height", 0), {"height": 0}),
    ("add without path", {"nick": "Old"}, add(None, {"nick": "Gol", "floors": 3}), {"nick": "Gol", "floors": 3}),
    # add: lists
    ("add to an absent list", {}, add("loads", [1.5]), {"loads": [1.5]}),
    ("add to a list", {"loads": [1.5]}, add("loads", [2, 1.5]), {"loads": [1.5, 2]}),
    ("add one value without a list", {"parts": [JIB]}, add("parts", CAB), {"parts": [JIB, CAB]}),
    ("add one scalar without a list", {"slots": ["a"]}, add("slots", "b"), {"slots": ["a", "b"]}),
    ("add what differs in case only", {"slots": ["a"]}, add("slots", ["A", "b"]), {"slots": ["a", "b"]}),
    ("add elements", {"parts": [JIB]}, add("parts", [CAB, JIB]), {"parts": [JIB, CAB]}),
    ("add to a list without path", {"parts": [JIB]}, add(None, {"parts": [CAB]}), {"parts": [JIB, CAB]}),
    ("add nothing to a list", {"parts": [JIB]}, add("parts", []), {"parts": [JIB]}),
    ("add a primary", {"parts": [JIB]}, add("parts", [{**CAB, "primary": True}]),
     {"parts": [{**JIB, "primary": False}, {**CAB, "primary": True}]}),
    # add: complex attributes and selected elements
    ("add complex", {}, add("hook", {"size": 4}), {"hook": {"size": 4}}),
    ("add merges complex", {"hook": {"size": 4, "note": "n"}}, add("hook", {"note": "m"}), {"hook": {"size": 4, "note": "m"}}),
    ("add a sub-attribute", {"hook": {"size": 4}}, add("hook.note", "n"), {"hook": {"size": 4, "note": "n"}}),
    ("add to selected", {"parts": [JIB, CAB]}, add('parts[type eq "arm"].note', "n"), {"parts": [{**JIB, "note": "n"}, CAB]}),
    ("add an object to selected", {"parts": [JIB, CAB]}, add('parts[type eq "arm"]', {"note": "n"}),
     {"parts": [{**JIB, "note": "n"}, CAB]}),
    ("add to all elements", {"parts": [JIB, CAB]}, add("parts.note", "n"),
     {"parts": [{**JIB, "note": "n"}, {**CAB, "note": "n"}]}),
    ("add to an absent selected element", {"parts": [CAB]}, add('parts[type eq "arm" and value eq "jib"].note', "n"),
     {"parts": [CAB, {"type": "arm", "value": "jib", "note": "n"}]}),
    ("add primary to selected", {"parts": [JIB, CAB]}, add('parts[value eq "cab"].primary', True),
     {"parts": [{**JIB, "primary": False}, {**CAB, "primary": True}]}),
    # add: extensions
    ("add to an extension by path", {}, add(f"{RENTAL_URN}:tenant", "T"), {RENTAL_URN: {"tenant": "T"}}),
    ("add a part of an extension's complex", {}, add(f"{RENTAL_URN}:terms.days", 3), {RENTAL_URN: {"terms": {"days": 3}}}),
    ("add a whole extension", {RENTAL_URN: {"tenant": "T"}}, add(RENTAL_URN, {"rate": 1.5}), {RENTAL_URN: {"tenant": "T", "rate": 1.5}}),
    ("add an extension without path", {RENTAL_URN: {"tenant": "T"}}, add(None, {RENTAL_URN: {"rate": 1.5}}),
     {RENTAL_URN: {"tenant": "T", "rate": 1.5}}),
    # replace
    ("replace present", {"nick": "Old"}, replace("nick", "Gol"), {"nick": "Gol"}),
    ("replace absent is add", {}, replace("nick", "Gol"), {"nick": "Gol"}),
    ("replace an absent complex is add", {}, replace("hook.size", 4), {"hook": {"size": 4}}),
    ("replace a list", {"parts": [JIB]}, replace("parts", [CAB]), {"parts": [CAB]}),
    ("replace a list of scalars", {"loads": [1.5, 2]}, replace("loads", [3]), {"loads": [3]}),
    ("replace without path", {"parts": [JIB], "nick": "Old"}, replace(None, {"parts": [CAB], "nick": "Gol"}), {"parts": [CAB], "nick": "Gol"}),
    ("replace leaves other sub-attributes", {"hook": {"size": 4, "note": "n"}}, replace("hook", {"size": 5}), {"hook": {"size": 5, "note": "n"}}),
    ("replace selected", {"parts": [JIB, CAB]}, replace('parts[type eq "seat"]', {"type": "seat", "value": "sofa"}),
     {"parts": [JIB, {"type": "seat", "value": "sofa"}]}),
    ("replace a sub-attribute of all selected", {"parts": [JIB, CAB, BOOM]}, replace('parts[type eq "arm"].note', "n"),
     {"parts": [{**JIB, "note": "n"}, CAB, {**BOOM, "note": "n"}]}),
    ("replace a selected scalar", {"loads": [1.5, 2]}, replace("loads[value gt 1.9]", 3), {"loads": [1.5, 3]}),
    ("replace the value of a selected scalar", {"loads": [1.5, 2]}, replace("loads[value eq 2].value", 3), {"loads": [1.5, 3]}),
    ("replace in a filtered single complex", {"hook": {"size": 4}}, replace("hook[size eq 4].note", "n"), {"hook": {"size": 4, "note": "n"}}),
    ("replace a filtered single complex", {"hook": {"size": 4, "note": "n"}}, replace("hook[size eq 4]", {"size": 4}), {"hook": {"size": 4}}),
    ("replace primary", {"parts": [JIB, CAB]}, replace('parts[value eq "cab"].primary', True),
     {"parts": [{**JIB, "primary": False}, {**CAB, "primary": True}]}),
    ("replace by null", {"nick": "Gol"}, replace("nick", None), {}),
    ("replace by an empty list", {"parts": [JIB]}, replace("parts", []), {}),
    ("replace a whole extension merges", {RENTAL_URN: {"tenant": "T"}}, replace(RENTAL_URN, {"rate": 1.5}), {RENTAL_URN: {"tenant": "T", "rate": 1.5}}),
    ("replace an extension by null", {RENTAL_URN: {"tenant": "T"}}, replace(RENTAL_URN, None), {}),
    # remove
    ("remove single", {"nick": "Gol"}, remove("nick"), {}),
    ("remove absent", {}, remove("nick"), {}),
    ("remove a list", {"parts": [JIB, CAB]}, remove("parts"), {}),
    ("remove selected", {"parts": [JIB, CAB, BOOM]}, remove('parts[type eq "arm"]'), {"parts": [CAB]}),
    ("remove the last selected", {"parts": [CAB]}, remove('parts[type eq "seat"]'), {}),
    ("remove selected scalars", {"loads": [1.5, 2]}, remove("loads[value gt 1.9]"), {"loads": [1.5]}),
    ("remove selected scalars by their value", {"loads": [1.5, 2]}, remove("loads[value gt 1.9].value"), {"loads": [1.5]}),
    ("remove a sub-attribute", {"hook": {"size": 4, "note": "n"}}, remove("hook.note"), {"hook": {"size": 4}}),
    ("remove a sub-attribute of selected", {"parts": [JIB, CAB]}, remove('parts[type eq "arm"].weight'),
     {"parts": [{k: v for k, v in JIB.items() if k != "weight"}, CAB]}),
    ("remove a sub-attribute of all", {"parts": [JIB, {**CAB, "weight": 1}]}, remove("parts.weight"),
     {"parts": [{k: v for k, v in JIB.items() if k != "weight"}, CAB]}),
    ("remove a filtered single complex", {"hook": {"size": 4}}, remove("hook[size eq 4]"), {}),
    ("remove of an extension", {RENTAL_URN: {"tenant": "T", "terms": {"days": 3}}}, remove(RENTAL_URN), {}),
    ("remove by the extension's URN", {RENTAL_URN: {"tenant": "T", "rate": 1}}, remove(f"{RENTAL_URN}:rate"), {RENTAL_URN: {"tenant": "T"}}),
    ("remove a whole complex with immutable parts", {"hook": {"size": 4, "forged": "F"}}, remove("hook"), {}),
    ("remove an element with immutable parts", {"parts": [JIB]}, remove('parts[value eq "jib"]'), {}),
    # immutable: set once, the same again
    ("set an immutable", {}, add("serial", "S"), {"serial": "S"}),
    ("set an immutable again", {"serial": "S"}, replace("serial", "S"), {"serial": "S"}),
    ("set an immutable list", {}, add("marks", ["m"]), {"marks": ["m"]}),
    ("set an immutable list again", {"marks": ["m"]}, add("marks", ["m"]), {"marks": ["m"]}),
    ("set an immutable sub-attribute", {"hook": {"size": 4}}, add("hook.forged", "F"), {"hook": {"size": 4, "forged": "F"}}),
    ("set an immutable of an element", {"parts": [CAB]}, add('parts[type eq "seat"].serial', "C1"), {"parts": [{**CAB, "serial": "C1"}]}),
    ("an immutable part stays in a replaced list", {"parts": [JIB]}, replace("parts", [{**JIB, "serial": "J2"}]), {"parts": [{**JIB, "serial": "J2"}]}),
    # writeOnly, returned
    ("a writeOnly attribute is stored", {}, replace("pin", "1234"), {"pin": "1234"}),
    # schemas follow from the extensions
    ("schemas that say nothing new", {}, add("schemas", [CRANE_URN, RENTAL_URN]), {}),
    ("one schema more", {}, add("schemas", RENTAL_URN), {}),
    ("the own id", {}, replace("id", "r_1"), {}),
]  # fmt: skip

REFUSED_ALIKE = [
    ("remove a required", {}, remove("name"), Mutability),
    ("null for a required", {}, replace("name", None), Mutability),
    ("remove a required list", {}, remove("slots"), Mutability),
    ("remove all of a required list by filter", {}, remove('slots[value eq "a"]'), Mutability),
    ("an empty required list", {}, replace("slots", []), Mutability),
    ("remove a required sub-attribute", {"hook": {"size": 4, "note": "n"}}, remove("hook.size"), Mutability),
    ("null for a required sub-attribute", {"hook": {"size": 4, "note": "n"}}, replace("hook.size", None), Mutability),
    ("remove a required sub-attribute of selected", {"parts": [JIB]}, remove('parts[type eq "arm"].value'), Mutability),
    ("remove a required sub-attribute of all", {"parts": [JIB]}, remove("parts.value"), Mutability),
    ("an element lacks what is required", {"parts": [JIB]}, add("parts", [{"note": "n"}]), InvalidValue),
    ("a complex lacks what is required", {}, add("hook", {"note": "n"}), InvalidValue),
    ("a replaced element lacks what is required", {"parts": [JIB]}, replace('parts[type eq "arm"]', {"serial": "J1"}), InvalidValue),
    ("readOnly", {}, replace("maker", "M"), Mutability),
    ("remove a readOnly", {"maker": "M"}, remove("maker"), Mutability),
    ("a readOnly sub-attribute", {"hook": {"size": 4}}, replace("hook.maker", "M"), Mutability),
    ("meta", {}, remove("meta.version"), Mutability),
    ("another id", {}, replace("id", "r_2"), Mutability),
    ("remove the id", {}, remove("id"), Mutability),
    ("change an immutable", {"serial": "S"}, replace("serial", "T"), Mutability),
    ("add to an immutable", {"serial": "S"}, add("serial", "T"), Mutability),
    ("remove an immutable", {"serial": "S"}, remove("serial"), Mutability),
    ("grow an immutable list", {"marks": ["m"]}, add("marks", ["n"]), Mutability),
    ("shrink an immutable list", {"marks": ["m", "n"]}, remove('marks[value eq "n"]'), Mutability),
    ("change an immutable sub-attribute", {"hook": {"size": 4, "forged": "F"}}, replace("hook.forged", "G"), Mutability),
    ("merge over an immutable sub-attribute", {"hook": {"size": 4, "forged": "F"}}, add("hook", {"forged": "G"}), Mutability),
    ("remove an immutable sub-attribute", {"hook": {"size": 4, "forged": "F"}}, remove("hook.forged"), Mutability),
    ("change an immutable of an element", {"parts": [JIB]}, replace('parts[type eq "arm"].serial', "J2"), Mutability),
    ("replace an element with another immutable", {"parts": [JIB]}, replace('parts[type eq "arm"]', {**JIB, "serial": "J2"}), Mutability),
    ("add over an immutable of an element", {"parts": [JIB]}, add("parts", [{**JIB, "serial": "J2"}]), Mutability),
    ("change an immutable of an extension", {RENTAL_URN: {"since": "2031-02-03T09:15:00Z"}}, replace(f"{RENTAL_URN}:since", "2032-02-03T09:15:00Z"), Mutability),
    ("remove an extension with an immutable", {RENTAL_URN: {"since": "2031-02-03T09:15:00Z"}}, remove(RENTAL_URN), Mutability),
    ("two primaries", {}, add("parts", [{**JIB}, {**CAB, "primary": True}]), InvalidValue),
    ("an unknown attribute", {}, replace("wheels", 4), InvalidPath),
    ("an unknown sub-attribute", {}, replace("hook.wheels", 4), InvalidPath),
    ("an unknown schema", {}, replace("urn:larkfield:none:x", 4), InvalidPath),
    ("a filter on a scalar", {}, replace('nick[value eq "x"]', "y"), InvalidPath),
    ("a broken filter", {}, replace('parts[type eq "arm"', "y"), InvalidPath),
    ("a filter by a type that it has not", {}, remove("parts[weight co 2]"), InvalidPath),
    ("the whole own schema", {}, replace(CRANE_URN, {}), InvalidPath),
    ("a wrong type", {}, replace("floors", "three"), InvalidValue),
    ("a fraction for a whole number", {}, replace("floors", 3.5), InvalidValue),
    ("a wrong type in a list", {}, add("loads", ["heavy"]), InvalidValue),
    ("a wrong type of a sub-attribute", {"hook": {"size": 4}}, replace("hook.size", "big"), InvalidValue),
    ("a day that is none", {}, replace("built", "2031-02-30T09:15:00Z"), InvalidValue),
    ("no base64", {}, replace("plan", "a_b"), InvalidValue),
    ("too short", {}, replace("nick", "G"), InvalidValue),
    ("a text for a complex", {}, replace("hook", "big"), InvalidValue),
    ("a list for a complex", {}, replace("hook", [{"size": 1}, {"size": 2}]), InvalidValue),
    ("a text for elements", {}, add("parts", "jib"), InvalidValue),
    ("a text for an extension", {}, replace(RENTAL_URN, "T"), InvalidValue),
    ("no object without a path", {}, add(None, "x"), InvalidValue),
    ("no path for remove", {}, {"op": "remove"}, NoTarget),
    ("no value for add", {}, {"op": "add", "path": "nick"}, InvalidValue),
    ("no value for replace", {}, {"op": "replace", "path": "nick"}, InvalidValue),
    ("another operation", {}, {"op": "move", "path": "nick"}, InvalidSyntax),
    ("no operation", {}, {"path": "nick", "value": "x"}, InvalidSyntax),
    ("a path that is no text", {}, {"op": "add", "path": 3, "value": "x"}, InvalidSyntax),
    ("one name in two letter cases", {}, add(None, {"nick": "Gol", "NICK": "Max"}), InvalidValue),
]  # fmt: skip

STRICT = [
    ("empty text is a value", {"code": "X"}, replace("code", ""), {"code": ""}),
    ("remove with a value empties the list", {"parts": [JIB, CAB]}, {**remove("parts"), "value": [CAB]}, {}),
    ("an element keeps its type", {"parts": [{**CAB, "note": "n"}]}, remove('parts[type eq "seat"].note'), {"parts": [CAB]}),
    ("replace of an element keeps nothing", {"parts": [CAB]}, replace('parts[type eq "seat"]', {"value": "sofa"}), {"parts": [{"value": "sofa"}]}),
    ("replace of an unselected element", {"parts": [JIB]}, replace('parts[type eq "seat"].value', "x"), NoTarget),
    ("replace of an unselected scalar", {"loads": [1.5]}, replace("loads[value eq 2]", 3), NoTarget),
    ("remove of an unselected element", {"parts": [JIB]}, remove('parts[type eq "seat"]'), NoTarget),
    ("remove in an absent list", {}, remove('parts[type eq "seat"].value'), NoTarget),
    ("a dotted key is no attribute", {}, replace(None, {"hook.size": 4}), InvalidValue),
    ("a value path is no attribute", {"parts": [JIB]}, replace(None, {'parts[type eq "arm"].note': "n"}), InvalidValue),
    ("an unknown attribute in a value", {}, replace(None, {"wheels": 4, "nick": "Gol"}), InvalidValue),
    ("a readOnly attribute in a value", {}, replace(None, {"maker": "M", "nick": "Gol"}), Mutability),
    ("meta in a value", {}, replace(None, {"meta": {"version": "1"}}), Mutability),
    ("another id in a value", {}, replace(None, {"id": "r_2"}), Mutability),
    ("a readOnly sub-attribute in a value", {}, add("hook", {"size": 4, "maker": "M"}), Mutability),
    ("a qualified name without path", {}, add(None, {f"{RENTAL_URN}:tenant": "T"}), InvalidValue),
    ("an extension's attribute without its URN", {}, add("tenant", "T"), InvalidPath),
    ("a name behind a dot", {}, add(f"{RENTAL_URN}.tenant", "T"), InvalidPath),
    ("a boolean as text", {}, replace("tested", "True"), InvalidValue),
    ("a whole number with a fraction", {}, replace("floors", 3.0), InvalidValue),
    ("one value for a list", {}, replace("loads", 3), InvalidValue),
    ("a list of one for a complex", {}, replace("hook", [{"size": 1}]), InvalidValue),
    ("an operation in capitals", {}, {"op": "Add", "path": "nick", "value": "Gol"}, InvalidSyntax),
    ("an empty path", {}, {"op": "add", "path": "", "value": {"nick": "Gol"}}, InvalidPath),
    ("remove schemas", {}, remove("schemas"), Mutability),
    ("a schema of others", {}, add("schemas", ["urn:larkfield:none"]), InvalidValue),
    ("schemas that are no texts", {}, add("schemas", {}), InvalidValue),
    ("schemas without the own", {}, replace("schemas", [RENTAL_URN]), InvalidValue),
]  # fmt: skip

TOLERANT = [
    ("empty text is absent", {"code": "X"}, replace("code", ""), {}),
    ("remove with a value removes this one", {"parts": [JIB, CAB]}, {**remove("parts"), "value": [CAB]}, {"parts": [JIB]}),
    ("an element with nothing but its type is noise", {"parts": [JIB, CAB]}, remove('parts[type eq "seat"].value'), {"parts": [JIB]}),
    ("replace of an element keeps what selects it", {"parts": [CAB]}, replace('parts[type eq "seat"]', {"value": "sofa"}), {"parts": [{**CAB, "value": "sofa"}]}),
    ("replace of an unselected element creates it", {"parts": [JIB]}, replace('parts[type eq "seat"].value', "cab"), {"parts": [JIB, CAB]}),
    ("replace of an unselected scalar adds it", {"loads": [1.5]}, replace("loads[value eq 2]", 3), {"loads": [1.5, 3]}),
    ("remove of an unselected element", {"parts": [JIB]}, remove('parts[type eq "seat"]'), {"parts": [JIB]}),
    ("a dotted key is a path", {}, replace(None, {"hook.size": 4}), {"hook": {"size": 4}}),
    ("an unknown attribute in a value", {}, replace(None, {"wheels": 4, "nick": "Gol"}), {"nick": "Gol"}),
    ("a readOnly attribute in a value", {}, replace(None, {"maker": "M", "meta": {}}), {}),
    ("another id in a value", {}, replace(None, {"id": "r_2"}), Mutability),
    ("a qualified name without path", {}, add(None, {f"{RENTAL_URN}:tenant": "T"}), {RENTAL_URN: {"tenant": "T"}}),
    ("a readOnly sub-attribute in a value", {}, add("hook", {"size": 4, "maker": "M"}), {"hook": {"size": 4}}),
    ("an extension's attribute without its URN", {}, add("tenant", "T"), {RENTAL_URN: {"tenant": "T"}}),
    ("a boolean as text", {}, replace("tested", "True"), {"tested": True}),
    ("a whole number with a fraction", {}, replace("floors", 3.0), {"floors": 3}),
    ("a fraction that is none", {}, replace("floors", 3e300), InvalidValue),
    ("one value for a list", {}, replace("loads", 3), {"loads": [3]}),
    ("an operation in capitals", {}, {"op": "Add", "path": "nick", "value": "Gol"}, {"nick": "Gol"}),
    ("an empty path", {}, {"op": "add", "path": "", "value": {"nick": "Gol"}}, {"nick": "Gol"}),
    ("no boolean at all", {"tested": True}, replace("tested", ""), InvalidValue),
    ("schemas say nothing", {}, remove("schemas"), {}),
    ("no element is created by what only the server sets", {}, add('hook[maker eq "M"]', {"size": 4}), NoTarget),
]  # fmt: skip


def _rows(*tables: tuple[bool, list[Any]]) -> list[Any]:
    return [
        pytest.param(tolerant, *row[1:], id=f"{'tolerant' if tolerant else 'strict'}: {row[0]}")
        for tolerant, table in tables
        for row in table
    ]


@pytest.mark.parametrize(
    ("tolerant", "held", "operation", "expected"),
    _rows(
        (True, ALIKE), (False, ALIKE), (True, REFUSED_ALIKE), (False, REFUSED_ALIKE), (True, TOLERANT), (False, STRICT)
    ),
)
def test_one_operation(after, tolerant: bool, held: Resource, operation: Resource, expected: Any) -> None:
    if isinstance(expected, dict):
        assert after(held, operation, tolerant=tolerant) == expected
        return
    with pytest.raises(expected) as refused:
        after(held, operation, tolerant=tolerant)
    assert isinstance(refused.value, BadRequest)
    # One bad operation takes a good one before it along.
    with pytest.raises(expected):
        after(held, add("code", "K7"), operation, tolerant=tolerant)


@pytest.mark.parametrize("tolerant", [True, False])
def test_later_operations_see_what_earlier_ones_did(after, tolerant: bool) -> None:
    operations = [
        add("parts", [CAB]),
        add('parts[value eq "cab"].serial', "C1"),
        replace('parts[serial eq "C1"].note', "n"),
        remove('parts[note eq "n"].type'),
    ]
    assert after({}, *operations, tolerant=tolerant) == {"parts": [{"value": "cab", "serial": "C1", "note": "n"}]}
    with pytest.raises(Mutability):
        after({}, add("serial", "S"), add("serial", "T"), tolerant=tolerant)


def test_elements_that_become_the_same_are_one(after) -> None:
    parts = {"parts": [JIB, {**BOOM, "note": "n"}]}
    assert after(parts, replace('parts[value eq "boom"].value', "jib"), tolerant=False) == {
        "parts": [{**JIB, "note": "n"}]
    }
    both = [replace('parts[value eq "boom"].value', "jib"), replace('parts[note eq "n"].type', "leg")]
    assert after(parts, *both, tolerant=False) == {"parts": [JIB, {"type": "leg", "value": "jib", "note": "n"}]}


def test_the_message_is_to_the_letter_in_a_strict_profile() -> None:
    good = {"schemas": [PATCH_SCHEMA], "Operations": [add("nick", "Gol")]}
    assert len(parse_patch(good, reading=strict())) == 1
    assert len(parse_patch({"SCHEMAS": [PATCH_SCHEMA], "operations": good["Operations"]}, reading=strict())) == 1
    for bad, error in (
        ({"Operations": good["Operations"]}, InvalidValue),
        ({**good, "schemas": PATCH_SCHEMA}, InvalidValue),
        ({**good, "schemas": [CRANE_URN]}, InvalidValue),
        ({**good, "Operations": []}, InvalidValue),
        ({**good, "Operations": good["Operations"][0]}, InvalidSyntax),
        ({"schemas": [PATCH_SCHEMA]}, InvalidSyntax),
    ):
        with pytest.raises(error):
            parse_patch(bad, reading=strict())
