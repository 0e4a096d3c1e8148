"""The stored form of a resource and of its events."""

import dataclasses
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from scimserver.schema.attributes import ResourceType
from scimserver.schema.catalogue import load_schemas
from scimserver.store.documents import (
    DELETED_KEY,
    Document,
    Event,
    decode_names,
    encode_names,
    is_tombstone,
    minute_of,
    new_id,
    now,
    tombstone,
)

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MOMENT = datetime(2026, 3, 14, 9, 26, 53, 589000, tzinfo=UTC)


def user_type() -> ResourceType:
    found = load_schemas().resource_type("User")
    assert found is not None
    return found


def user(**attributes: object) -> Document:
    document = Document(
        id="u_1",
        ws="ws_larkfield",
        v=3,
        seq=7,
        resource_type="User",
        scim={"userName": "Ines@larkfield.example", **attributes},
        app={"name": "Ines"},
        map="m1",
        created=MOMENT,
        modified=MOMENT,
    )
    return dataclasses.replace(document, outbox=[event("update", document)])


def event(action: str, document: Document) -> Event:
    data = {"group": "g_1"}
    return Event.new(ws=document.ws, at=MOMENT, action=action, resource_type="User", resource_id="u_1", v=3, data=data)


def test_ids_have_their_prefix_and_enough_random_bits() -> None:
    made = {new_id("u") for _ in range(1000)}
    assert len(made) == 1000
    assert all(i.startswith("u_") and len(i) == 24 and i[2:].isalnum() and i.isascii() for i in made)


def test_now_is_aware_and_survives_bson() -> None:
    assert now().tzinfo is UTC
    assert now().microsecond % 1000 == 0


def test_minutes_count_from_the_epoch() -> None:
    assert minute_of(datetime(1970, 1, 2, 0, 0, 59, tzinfo=UTC)) == 24 * 60


def test_a_document_survives_the_way_to_bson_and_back() -> None:
    document = user(**{ENTERPRISE: {"department": "Pier 4"}})
    assert Document.from_bson(document.to_bson(user_type())) == document


def test_stored_names_hold_no_dot_and_no_dollar() -> None:
    stored = user(**{ENTERPRISE: {"department": "Pier 4"}}).to_bson(user_type())
    assert not any("." in name for name in stored["scim"])
    assert ENTERPRISE.replace(".", "\uff0e") in stored["scim"]


def test_keys_are_folded_and_the_unique_array_is_never_empty() -> None:
    stored = user().to_bson(user_type())
    assert "userName=ines@larkfield.example" in stored["keys"]
    assert set(stored["unique"]) == {"id=u_1", "userName=ines@larkfield.example"}


@given(st.dictionaries(st.text(alphabet="urn:.2AB", max_size=12), st.integers()))
def test_names_are_decoded_to_what_was_encoded(resource: dict[str, int]) -> None:
    assert decode_names(encode_names(resource)) == resource


def test_a_tombstone_keeps_the_events_and_no_value() -> None:
    document = user(displayName="Ines")
    deleted = event("delete", document)
    left = tombstone(document, deleted)
    assert is_tombstone(left)
    assert not is_tombstone(document.to_bson(user_type()))
    assert (left["keys"], left["unique"], left["v"]) == ([DELETED_KEY], ["id=u_1"], 4)
    assert [Event.from_bson(e) for e in left["outbox"]] == [*document.outbox, deleted]
    assert "Ines" not in repr({name: value for name, value in left.items() if name != "outbox"})


def test_a_tombstone_says_where_membership_rows_may_be_left() -> None:
    document = user()
    plain = tombstone(document, event("delete", document))["keys"]
    member = tombstone(dataclasses.replace(document, grouped=True), event("delete", document))["keys"]
    group = tombstone(dataclasses.replace(document, resource_type="Group"), event("delete", document))["keys"]
    assert len(plain) == 1
    assert len(member) == len(group) == 2
    assert member != group
