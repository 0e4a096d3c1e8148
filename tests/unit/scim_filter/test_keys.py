"""Match keys: what is written and what is asked must be the same text."""

from typing import Any

import pytest

from scimserver.scim.filter import AttributePath
from scimserver.scim.keys import MAX_VALUE, fold, key_for, match_keys, unique_keys

from .samples import BOAT, ENTERPRISE, GROUP, HARBOUR_URN, USER


def _path(name: str, sub: str | None = None) -> AttributePath:
    attribute = USER.attribute(name)
    assert attribute is not None
    return AttributePath(attribute, attribute.sub(sub) if sub else None)


def test_a_user_has_keys_for_each_keyed_attribute() -> None:
    user = {
        "id": "u_1",
        "userName": "Ines@Larkfield.example",
        "externalId": "Ines",
        "title": "not keyed",
        "emails": [
            {"type": "Work", "value": "A@x.example"},
            {"type": "home", "value": "a@X.example"},
            {"value": "b@x.example"},
        ],
        "groups": [{"value": "g_1"}],
        ENTERPRISE: {"employeeNumber": "40017A", "manager": {"value": "u_9"}},
    }
    assert sorted(match_keys(USER, user)) == sorted(
        [
            "userName=ines@larkfield.example",
            "externalId=Ines",
            "emails.value=a@x.example",
            "emails[work].value=a@x.example",
            "emails[home].value=a@x.example",
            "emails.value=b@x.example",
            f"{ENTERPRISE}:employeeNumber=40017a",
            f"{ENTERPRISE}:manager.value=u_9",
        ]
    )
    assert unique_keys(USER, user) == ["id=u_1", "userName=ines@larkfield.example"]


def test_members_have_no_keys() -> None:
    group = {"id": "g_1", "displayName": "Harbour", "members": [{"value": "u_1"}]}
    assert match_keys(GROUP, group) == ["displayName=harbour"]
    assert unique_keys(GROUP, group) == ["id=g_1", "displayName=harbour"]


def test_an_empty_resource_still_has_its_id_as_unique_key() -> None:
    assert match_keys(BOAT, {"id": "r_1"}) == []
    assert unique_keys(BOAT, {"id": "r_1"}) == ["id=r_1"]


def test_other_types_meet_by_value() -> None:
    boat = {
        "berths": 4.0,
        "launched": "2031-02-03T11:15:00+02:00",
        "insured": True,
        "tags": ["Red", "red"],
        HARBOUR_URN: {"pier": "4"},
    }
    assert match_keys(BOAT, boat) == [
        "Boat/berths=4",
        "Boat/launched=2031-02-03T09:15:00Z",
        "Boat/insured=true",
        "Boat/tags=red",
        f"Boat/{HARBOUR_URN}:pier=4",
    ]


@pytest.mark.parametrize("value", [1e300, float("inf"), float("nan"), 10**18, -0.0, 0.1])
def test_every_number_folds(value: float) -> None:
    berths = BOAT.attribute("berths")
    assert berths is not None
    assert fold(berths, value) == fold(berths, value)


def test_a_long_value_is_hashed_and_a_hash_cannot_be_forged() -> None:
    longest, long = "x" * MAX_VALUE, "x" * (MAX_VALUE + 1)
    path = _path("userName")
    assert key_for(USER, path, longest) == f"userName={longest}"
    hashed = key_for(USER, path, long)
    assert len(hashed) < 100
    assert key_for(USER, path, long.upper()) == hashed
    assert key_for(USER, path, hashed.removeprefix("userName=")) != hashed


def test_a_type_cannot_pass_for_another_value() -> None:
    path = _path("emails", "value")
    forged: dict[str, Any] = {"id": "u_1", "emails": [{"type": "work].value=a@x.example", "value": "z"}]}
    assert key_for(USER, path, "a@x.example", "work") not in match_keys(USER, forged)
    assert not any(key.startswith("emails[work].value=a") for key in match_keys(USER, forged))
    assert key_for(USER, path, "v", "a]") != key_for(USER, path, "v", "a%5D")
