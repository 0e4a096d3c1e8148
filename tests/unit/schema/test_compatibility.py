"""What may change about a published schema: beside each refused change one that is accepted."""

from collections.abc import Iterator
from typing import Any

import pytest

from scimserver.schema.catalogue import SchemaCatalogue, build_catalogue
from scimserver.schema.compatibility import Ledger, cautions, missing_paths
from scimserver.schema.documents import name_of
from tests.badges import BADGE_URN, schema, simple, text, tool

DESK = {**simple("object"), "properties": {"floor": simple("integer"), "room": text()}}
LIST = {**simple("array", caseExact=False), "items": {"type": "string"}}


def complex_with(**subs: Any) -> dict[str, Any]:
    return {**simple("object"), "properties": subs}


BEFORE = schema(colour=text(), berth=simple("integer"), keys=LIST, desk=DESK, since=text(type="dateTime"))


def catalogue_of(*documents: Any) -> SchemaCatalogue:
    return build_catalogue([(name_of(document), document) for document in documents])


def own(catalogue: SchemaCatalogue, *documents: Any) -> tuple[list[Any], list[Any]]:
    names = {name_of(document) for document in documents}
    return [s for s in catalogue.schemas if s.id in names], [t for t in catalogue.resource_types if t.name in names]


def ledger_of(*documents: Any) -> Ledger:
    made = Ledger().with_published(*own(catalogue_of(*documents), *documents))
    return Ledger.from_text(made.to_text())  # as it comes back from the database


def breaches(before: tuple[Any, ...], after: tuple[Any, ...]) -> list[str]:
    return [*ledger_of(*before).breaches(*own(catalogue_of(*after), *after))]


def with_(**changes: Any) -> dict[str, Any]:
    return {**BEFORE, "properties": {**BEFORE["properties"], **changes}}


def renamed(old: str, new: str) -> dict[str, Any]:
    return {**BEFORE, "properties": {new if n == old else n: node for n, node in BEFORE["properties"].items()}}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "text to number": (with_(colour=simple("integer")), "was published as string and cannot become integer"),
    "number to decimal": (with_(berth=simple("number")), "was published as integer and cannot become decimal"),
    "date to text": (with_(since=text()), "was published as dateTime and cannot become string"),
    "text to reference": (with_(colour=text(type="reference", referenceTypes=["uri"])), "cannot become reference"),
    "one to several": (with_(colour=LIST), "`colour2`"),
    "several to one": (with_(keys=text()), "cannot become single-valued"),
    "complex to simple": (with_(desk=text()), "was published as complex"),
    "sub-attribute": (with_(desk=complex_with(floor=text(), room=text())), f"`{BADGE_URN}:desk.floor`: was published"),
    "letter case": (renamed("colour", "Colour"), "was published as `colour`, and a name never changes"),
    "letter case below": (with_(desk=complex_with(Floor=simple("integer"))), "was published as `desk.floor`"),
    "letter case of the URN": ({**BEFORE, "$id": BADGE_URN.replace("larkfield", "Larkfield")}, "keep its letter case"),
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "nothing": BEFORE,
    "another attribute": with_(colour2=simple("integer")),
    "another sub-attribute": with_(desk=complex_with(floor=simple("integer"), room=text(), wing=text())),
    "one attribute less": schema(colour=text()),
    "another description": with_(colour={**text(), "description": "Another."}),
    "suggestions": with_(colour=text(canonicalValues=["red"])),
    "keyed and unique": with_(colour=text(keyed=True, uniqueness="server")),
    "letter case matters": with_(colour=text(caseExact=True)),
    "required": {**BEFORE, "required": ["colour"]},
    "length": with_(colour={**text(), "maxLength": 3}),
    "immutable": with_(colour=text(mutability="immutable")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_contradicts_the_ledger_is_refused_with_the_cure(name: str) -> None:
    after, message = REFUSED[name]
    found = "; ".join(breaches((BEFORE,), (after,)))
    assert message in found
    assert "publish a new name" in found or "write it so" in found or "keep its letter case" in found


@pytest.mark.parametrize("name", ACCEPTED)
def test_everything_else_may_change(name: str) -> None:
    assert breaches((BEFORE,), (ACCEPTED[name],)) == []


def test_what_was_taken_out_comes_back_only_as_it_was() -> None:
    ledger = ledger_of(BEFORE)
    less = schema(colour=text())
    ledger = ledger.with_published(*own(catalogue_of(less), less))
    assert ledger.size == 7
    back = with_(berth=text())
    assert any("`berth2`" in one for one in ledger.breaches(*own(catalogue_of(back), back)))
    assert not [*ledger.breaches(*own(catalogue_of(BEFORE), BEFORE))]


def test_a_new_name_counts_on() -> None:
    before, after = schema(badge2=text(), badge=text()), schema(badge2=simple("integer"), badge=simple("integer"))
    found = breaches((before,), (after,))
    assert ["`badge3`" in one or "`badge2`" in one for one in found] == [True, True]
    assert "such as `badge3`" in found[0] and "such as `badge2`" in found[1]


OTHER = "urn:larkfield:params:scim:schemas:core:1.0:Other"


def types() -> Iterator[tuple[str, list[dict[str, Any]], str | None]]:
    kind, core = tool()
    yield "the same", [kind, core], None
    yield "another address", [{**kind, "endpoint": "/Instruments"}, core], None
    yield "another schema", [{**kind, "schema": OTHER}, {**core, "$id": OTHER}], "`schema` was urn:larkfield"
    yield "another prefix", [{**kind, "scim": {"idPrefix": "t"}}, core], "`scim.idPrefix` was tool and never changes"
    yield "the prefix it has", [{**kind, "scim": {"idPrefix": "tool"}}, core], None
    yield "another letter case", [{**kind, "name": "TOOL"}, core], "was published as Tool, and its name never changes"
    yield "another name", [{**kind, "name": "Instrument", "endpoint": "/Instruments"}, core], None


@pytest.mark.parametrize(
    ("what", "after", "message"), [*types()], ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_resource_type_keeps_schema_prefix_and_name(
    what: str, after: list[dict[str, Any]], message: str | None
) -> None:
    found = breaches(tuple(tool()), tuple(after))
    assert (message is None) == (found == []), what
    assert message is None or message in found[0]


def test_what_may_surprise_is_said() -> None:
    def between(after: dict[str, Any]) -> list[str]:
        (old,), (new,) = (own(catalogue_of(one), one)[0] for one in (BEFORE, after))
        return [*cautions(old, new)]

    assert between(with_(colour2=text())) == []
    (only,) = between(with_(colour=text(mutability="immutable")))
    assert only == f"`{BADGE_URN}:colour`: what clients may write has changed"
    assert ["is gone" in one for one in between(schema(colour=text(), berth=simple("integer")))] == [True] * 5
    assert "compared in another way" in between(with_(colour=text(caseExact=True)))[0]


def test_lost_attributes_are_named_once() -> None:
    less = with_(desk=complex_with(room=text()))
    del less["properties"]["keys"]
    before, after = catalogue_of(BEFORE), catalogue_of(less)
    assert [*missing_paths(before.schemas, after.schemas)] == [f"{BADGE_URN}:keys", f"{BADGE_URN}:desk.floor"]
    del less["properties"]["desk"]
    after = catalogue_of(less)
    assert [*missing_paths(before.schemas, after.schemas)] == [f"{BADGE_URN}:keys", f"{BADGE_URN}:desk"]
    assert [*missing_paths(before.schemas, catalogue_of(schema("urn:x:y", a=text())).schemas)] == []


def test_an_empty_ledger_is_the_one_of_a_new_workspace() -> None:
    assert Ledger.from_text("{}") == Ledger()
