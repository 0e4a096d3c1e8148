"""Dialogues beside other people's data: which ones can be, and that every name of theirs takes the prefix."""

from typing import Any

import pytest

from scimserver.conformance.fixture import Actor, Dialogue, Request, Response, names_in
from scimserver.conformance.prefix import PREFIX, NeedsEmptyWorkspace, prefixed
from scimserver.conformance.suites import suites

from .conftest import created, dialogue, exchange

SHIPPED = [dialogue for suite in suites() for dialogue in suite.dialogues]


def asked(query: Any, body: Any = None) -> Dialogue:
    """A user is created and looked for."""
    found = exchange("found", Request("GET", "/Users", query), Response(200, body=body or {"...": True}))
    return dialogue(created("ines@larkfield.example", externalId="ines", bind="ines"), found)


def query_of(played: Dialogue) -> Any:
    return played.exchanges[-1].request.query


# -- what takes the prefix ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "as_sent"),
    [
        ({"filter": 'userName eq "ines@larkfield.example"'}, {"filter": 'userName eq "cf-ines@larkfield.example"'}),
        ({"filter": 'userName eq "INES@Larkfield.example"'}, {"filter": 'userName eq "cf-INES@Larkfield.example"'}),
        ({"filter": 'userName eq "nobody"'}, {"filter": 'userName eq "cf-nobody"'}),
        ({"filter": "externalId eq ines"}, {"filter": "externalId eq cf-ines"}),
        ("filter=userName+eq+%22ines%40larkfield.example%22", "filter=userName+eq+%22cf-ines%40larkfield.example%22"),
        ('filter=userName+eq+"ines@larkfield.example"&', 'filter=userName+eq+"cf-ines@larkfield.example"&'),
        ("filter=externalId%20eq%20ines&count=1", "filter=externalId%20eq%20cf-ines&count=1"),
    ],
)
def test_a_literal_of_a_filter_takes_the_prefix_however_it_is_written(query: Any, as_sent: Any) -> None:
    assert query_of(prefixed(asked(query), "cf-")) == as_sent


def test_expected_answers_take_the_prefix_with_the_requests() -> None:
    body = {"Resources": [{"userName": "ines@larkfield.example", "id": "{ines}", "title": "Pilot"}], "totalResults": 1}
    played = prefixed(asked({"filter": 'externalId eq "ines"'}, body), "cf-")
    wanted = {"userName": "cf-ines@larkfield.example", "id": "{ines}", "title": "Pilot"}
    assert played.exchanges[-1].response.body == {"Resources": [wanted], "totalResults": 1}


def test_names_in_a_patch_take_the_prefix_and_words_of_the_protocol_do_not() -> None:
    operations = [
        {"op": "replace", "path": "displayName", "value": "title"},
        {"op": "replace", "path": "title", "value": "Pilot"},
        {"op": "add", "path": 'emails[value eq "ines@old.example"].value', "value": "ines@new.example"},
        {"op": "add", "value": {"emails": [{"type": "work", "value": "ines@old.example"}], "userName": "{ines}"}},
    ]
    change = exchange("changed", Request("PATCH", "/Users/u", body={"Operations": operations}), Response(204))
    assert prefixed(dialogue(change), "cf-").exchanges[0].request.body == {
        "Operations": [
            {"op": "replace", "path": "displayName", "value": "cf-title"},
            {"op": "replace", "path": "title", "value": "Pilot"},
            {"op": "add", "path": 'emails[value eq "cf-ines@old.example"].value', "value": "cf-ines@new.example"},
            {
                "op": "add",
                "value": {"emails": [{"type": "work", "value": "cf-ines@old.example"}], "userName": "{ines}"},
            },
        ]
    }


def test_a_text_that_a_detail_must_contain_takes_the_prefix() -> None:
    taken = exchange("taken", Request("GET", "/x"), Response(409, body={"detail": "<text containing ines>"}))
    played = prefixed(dialogue(created("ines"), taken), "cf-")
    assert played.exchanges[1].response.body == {"detail": "<text containing cf-ines>"}


def test_the_cast_takes_the_prefix() -> None:
    crew = Actor("crew", "/Groups", {"displayName": "Crew", "members": [{"value": "{ines}"}]})
    played = prefixed(Dialogue("f", "t", frozenset(), (crew,), (created("ines"),)), "cf-")
    assert played.given[0].resource == {"displayName": "cf-Crew", "members": [{"value": "{ines}"}]}


@pytest.mark.parametrize("good", ["cf-", "a", "conformance.2031_"])
def test_a_prefix_is_safe_everywhere(good: str) -> None:
    assert PREFIX.fullmatch(good)


@pytest.mark.parametrize("bad", ["", "-x", 'a"b', "a b", "a%b", "é", "x" * 32])
def test_what_would_need_quoting_is_no_prefix(bad: str) -> None:
    assert PREFIX.fullmatch(bad) is None


# -- what needs an empty workspace -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {"filter": 'userName eq "ines" and title pr'},
        {"filter": 'id eq "{ines}"'},
        {"filter": 'nickName eq "b7c0b0fe-52d3-4c8e-9a7a-0f2f6f3b61d4"'},
        {"filter": 'emails[type eq "work"].value eq "ines@larkfield.example"'},
        {"filter": 'members[value eq "{ines}"]'},
        {"filter": 'userName eq "ines" or externalId eq "ines"'},
    ],
)
def test_a_filter_that_finds_only_what_the_dialogue_knows_can_be_played(query: Any) -> None:
    assert prefixed(asked(query), "cf-")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "“found” lists everything"),
        ({"count": "1"}, "“found” lists everything"),
        ({"filter": "title pr"}, "looks for title pr"),
        ({"filter": 'userName sw "i"'}, 'looks for userName sw "i"'),
        ({"filter": 'userName ne "ines"'}, 'looks for userName ne "ines"'),
        ({"filter": 'userName eq "ines" or title pr'}, "looks for title pr"),
        ({"filter": 'not (userName eq "ines" and active eq false)'}, "looks for active eq false"),
        ({"filter": 'title eq "Pilot"'}, 'looks for title eq "Pilot"'),
    ],
)
def test_what_would_find_others_too_needs_an_empty_workspace(query: Any, reason: str) -> None:
    with pytest.raises(NeedsEmptyWorkspace, match=reason.replace("(", r"\(")):
        prefixed(asked(query), "cf-")


def test_a_search_in_a_body_is_looked_at_like_one_in_an_address() -> None:
    body = {"filter": 'userName eq "ines"'}
    search = exchange("found", Request("POST", "/.search", body=body), Response(200, body={"...": True}))
    assert prefixed(dialogue(search), "cf-").exchanges[0].request.body == {"filter": 'userName eq "cf-ines"'}
    everything = exchange("found", Request("POST", "/Users/.search", body={}), Response(200, body={"...": True}))
    with pytest.raises(NeedsEmptyWorkspace, match="lists everything"):
        prefixed(dialogue(everything), "cf-")


def test_a_list_that_is_refused_counts_nobody() -> None:
    refused = exchange("refused", Request("GET", "/Users", {"filter": "nothing"}), Response(400, body={"...": True}))
    assert prefixed(dialogue(refused), "cf-")


def test_a_name_of_many_letters_cannot_take_a_prefix() -> None:
    with pytest.raises(NeedsEmptyWorkspace, match="has a name that is <letters:9>"):
        prefixed(dialogue(created("<letters:9>")), "cf-")


# -- what is shipped ---------------------------------------------------------------------------------------------------


def test_most_of_the_shipped_dialogues_can_be_played_beside_other_data() -> None:
    able = [played for held in SHIPPED if (played := able_to_be_played(held)) is not None]
    assert 0.6 < len(able) / len(SHIPPED) < 0.9
    for played in able:
        for name in given_names(played):
            assert name.lower().startswith("cf-"), f"{played.file}: {name}"


def able_to_be_played(held: Dialogue) -> Dialogue | None:
    try:
        return prefixed(held, "cf-")
    except NeedsEmptyWorkspace:
        return None


def given_names(played: Dialogue) -> list[str]:
    """Names of whole resources that are created; what is refused for its form may have any."""
    bodies = [actor.resource for actor in played.given]
    bodies += [
        e.request.body for e in played.exchanges if e.response.status == 201 and isinstance(e.request.body, dict)
    ]
    names = [body.get(key) for body in bodies for key in ("userName", "displayName", "externalId")]
    return [name for name in names if isinstance(name, str) and not names_in(Request("GET", name)) and name]
