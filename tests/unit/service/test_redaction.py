"""What a log may say of an address: names of ours and ids; everything else is hidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimserver.schema.catalogue import load_schemas
from scimserver.service.redaction import Redaction

REDACTION = Redaction(load_schemas())
ID = "u_7Yd2Mv9QxK4bTn6RwL8sPz"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('userName eq "ada@larkfield.example"', 'userName eq "…"'),
        ("userName eq ada@larkfield.example", "userName eq …"),
        ("displayName eq Ada Lovelace", "displayName eq …"),
        ("displayName eq title", "displayName eq …"),
        ('USERNAME EQ "x" AND active EQ true', 'USERNAME EQ "…" AND active EQ …'),
        ('emails[type eq "work"].value eq "ada@larkfield.example"', 'emails[type eq "…"].value eq "…"'),
        ('not (title pr or name.familyName sw "L")', 'not (title pr or name.familyName sw "…")'),
        (f'{ENTERPRISE}:department eq "Survey"', f'{ENTERPRISE}:department eq "…"'),
        ('userName eq "a \\" or title eq \\"b"', 'userName eq "…"'),
        ('userName eq "ada', 'userName eq "…"'),
        ('userName eq "ada" "lovelace"', 'userName eq "…" …'),
        ("ada@larkfield.example", "…"),
        ('shoeSize eq "44"', '… eq "…"'),
        ("userName eq (ada)", "userName eq (…)"),
        ("", ""),
    ],
)
def test_a_filter_keeps_its_shape_and_loses_its_values(text: str, shown: str) -> None:
    assert REDACTION.filter(text) == shown


@given(
    st.text(alphabet="qxzj0123456789@-", min_size=1), st.sampled_from(["{}", '"{}"', 'userName eq "{}', "(({}", "{}["])
)
def test_no_word_that_is_not_ours_is_ever_shown(word: str, around: str) -> None:
    shown = REDACTION.filter(around.format(word)).replace("userName eq", "")
    assert not set(shown) & set(word)


def test_a_long_filter_is_cut_off() -> None:
    shown = REDACTION.filter(" or ".join(["title pr"] * 1000))
    assert len(shown) < 1100 and shown.endswith("…")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/Users", "/Users"),
        (f"/Users/{ID}", f"/Users/{ID}"),
        ("/Users/b5a1f4a8-90c1-4a6f-8a44-2b0e2e4e7f10", "/Users/b5a1f4a8-90c1-4a6f-8a44-2b0e2e4e7f10"),
        ("/Users/ada@larkfield.example", "/Users/…"),
        ("/Users/.search", "/Users/.search"),
        (f"/Schemas/{ENTERPRISE}", f"/Schemas/{ENTERPRISE}"),
        ("/ResourceTypes/User", "/ResourceTypes/User"),
        ("/Nowhere", "/Nowhere"),
        ("/ada@larkfield.example", "/…"),
        (f"/Users/{ID}/emails", f"/Users/{ID}/…"),
        ("/", "/"),
    ],
)
def test_a_path_shows_names_and_ids_of_ours(path: str, shown: str) -> None:
    assert REDACTION.path(path.split("/")[1:] if path != "/" else []) == shown


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"filter": [b'externalId eq "4711"']}, 'filter=externalId eq "…"'),
        ({"startIndex": [b"1"], "count": [b"100"]}, "startIndex=1&count=100"),
        ({"startIndex": [b"ada"], "count": [b"1234567890123"]}, "startIndex=…&count=…"),
        ({"excludedAttributes": [b"members,name.familyName,ada"]}, "excludedAttributes=members,name.familyName,…"),
        ({"sortBy": [b"userName"], "sortOrder": [b"descending"]}, "sortBy=userName&sortOrder=descending"),
        ({"sortBy": [b"ada"], "sortOrder": [b"up"]}, "sortBy=…&sortOrder=…"),
        ({"cursor": [b"abc"]}, "cursor=…"),
        ({"aadOptscim062020": [b""]}, "aadOptscim062020"),
        ({"token": [b"s3cret"]}, "token"),
        ({"ada@larkfield.example": [b""]}, "…"),
        ({"filter": [b"\xff\xfe"]}, "filter=…"),
    ],
)
def test_a_query_shows_names_and_numbers(arguments: dict[str, list[bytes]], shown: str) -> None:
    assert REDACTION.query(arguments) == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("title", "title"),
        ('emails[type eq "work"].value', "emails.value"),
        (f"{ENTERPRISE}:manager", f"{ENTERPRISE}:manager"),
        (ENTERPRISE, ENTERPRISE),
        ("name.familyName", "name.familyName"),
        ("urn:example:unknown:title", "…"),
        ("Ada Lovelace", "…"),
        ('members[value eq "u_1"', "…"),
    ],
)
def test_an_attribute_is_shown_if_a_schema_has_it(path: str, shown: str) -> None:
    assert REDACTION.attribute(path) == shown


@pytest.mark.parametrize(("text", "shown"), [(ID, ID), ("u_none", "…"), ("ada@larkfield.example", "…"), ("", "…")])
def test_an_identifier_is_ours_or_a_uuid(text: str, shown: str) -> None:
    assert REDACTION.identifier(text) == shown
