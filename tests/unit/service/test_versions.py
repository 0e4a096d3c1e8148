"""What ``If-Match`` and ``If-None-Match`` let through."""

import pytest

from scimserver.errors import PreconditionFailed
from scimserver.service.versions import UNCONDITIONAL, Conditions, version_tag

NAMES_VERSION_3 = ['W/"3"', '"3"', "*", ' W/"3" ', 'W/"1", W/"3"', '"x","3"', '"3",']
NAMES_OTHERS = ['W/"4"', '"33"', "3", "W/3", 'w/"3"', "'3'", "garbage", "", ",", 'W/"3', '"*"']


@pytest.mark.parametrize("header", NAMES_VERSION_3)
def test_if_match_that_names_the_version_lets_a_write_through(header: str) -> None:
    Conditions(header).check_write(3)


@pytest.mark.parametrize("header", NAMES_OTHERS)
def test_if_match_that_does_not_name_the_version_refuses_a_write_and_tells_the_version(header: str) -> None:
    with pytest.raises(PreconditionFailed, match=r'at version W/"3".*read it anew'):
        Conditions(header).check_write(3)


@pytest.mark.parametrize("header", NAMES_VERSION_3)
def test_if_none_match_that_names_the_version_refuses_a_write_with_the_cure(header: str) -> None:
    with pytest.raises(PreconditionFailed, match=r"If-None-Match.*leave the header out"):
        Conditions(None, header).check_write(3)
    assert Conditions(None, header).spares(version_tag(3))


@pytest.mark.parametrize("header", NAMES_OTHERS)
def test_if_none_match_that_does_not_name_the_version_lets_a_write_through(header: str) -> None:
    Conditions(None, header).check_write(3)
    assert not Conditions(None, header).spares(version_tag(3))


def test_if_match_is_asked_before_if_none_match() -> None:
    with pytest.raises(PreconditionFailed, match="If-Match"):
        Conditions('"1"', "*").check_write(3)
    with pytest.raises(PreconditionFailed, match="If-None-Match"):
        Conditions('"3"', "*").check_write(3)


def test_without_conditions_everything_goes() -> None:
    UNCONDITIONAL.check_write(3)
    assert not UNCONDITIONAL.spares(version_tag(3))
    assert not UNCONDITIONAL.wants_version


@pytest.mark.parametrize(("header", "wanted"), [("*", False), (" * ", False), ('W/"3"', True), ("garbage", True)])
def test_only_a_tag_asks_for_a_version(header: str, wanted: bool) -> None:
    assert Conditions(header).wants_version is wanted
