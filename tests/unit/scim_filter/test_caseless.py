"""Which texts count as the same where case does not matter (RFC 7644 §5 and §7.8; PRECIS, RFC 7613 §3.2.2)."""

import pytest

from scimserver.scim.caseless import caseless
from scimserver.scim.keys import fold, unique_keys

from .samples import USER


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ADA", "ada"),
        ("\u00eb", "e\u0308"),
        ("E\u0308", "\u00eb"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u03a3\u0391\u03a3", "\u03c3\u03b1\u03c2"),
        ("\uff21\uff44\uff41", "ada"),
        ("\uff76\uff9e", "\u30ac"),
        ("e\u0323\u0302", "e\u0302\u0323"),
        ("\u212b", "\u00c5"),
    ],
)
def test_forms_of_one_text_meet(one: str, other: str) -> None:
    assert caseless(one) == caseless(other)
    assert caseless(caseless(one)) == caseless(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada", "\u00e0da"), ("\u0456", "i"), ("\u00b2", "2"), ("\ufb01", "\u0192"), ("ad a", "ada"), ("\u0131", "i")],
)
def test_different_texts_stay_apart(one: str, other: str) -> None:
    assert caseless(one) != caseless(other)


def test_a_user_name_is_taken_in_every_form_of_it() -> None:
    forms = ("Zo\u00eb@larkfield.example", "ZOE\u0308@larkfield.example", "\uff3ao\u00eb@larkfield.example")
    assert len({tuple(unique_keys(USER, {"id": "u_1", "userName": form})) for form in forms}) == 1


def test_a_case_exact_value_is_compared_as_it_is() -> None:
    external_id = USER.attribute("externalId")
    assert external_id is not None
    assert fold(external_id, "e\u0308") != fold(external_id, "\u00eb")
    assert fold(external_id, "A") != fold(external_id, "a")
