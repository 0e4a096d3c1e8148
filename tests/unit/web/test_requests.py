import pytest

from scimserver.errors import InvalidSyntax, InvalidValue
from scimserver.web.requests import Paging, decode_json, read_paging


@pytest.mark.parametrize(
    ("body", "value"),
    [(b'{"a": 1}', {"a": 1}), (b'\xef\xbb\xbf{"a": 1}', {"a": 1}), (b"[[[]]]", [[[]]]), (b'"x"', "x")],
)
def test_json_is_decoded(body: bytes, value: object) -> None:
    assert decode_json(body, 3) == value


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"a": "\xff"}', b"[" * 2000])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidSyntax):
        decode_json(body, 64)


@pytest.mark.parametrize(("levels", "accepted"), [(63, True), (64, True), (65, False), (900, False)])
def test_nesting_is_limited(levels: int, accepted: bool) -> None:
    body = b"[" * levels + b"]" * levels
    if accepted:
        decode_json(body, 64)
    else:
        with pytest.raises(InvalidSyntax, match="64 levels"):
            decode_json(body, 64)


@pytest.mark.parametrize(("number", "accepted"), [(2**63 - 1, True), (-(2**63), True), (2**63, False)])
def test_numbers_fit_what_the_database_can_hold(number: int, accepted: bool) -> None:
    body = f'{{"n": [{number}]}}'.encode()
    if accepted:
        assert decode_json(body, 64) == {"n": [number]}
    else:
        with pytest.raises(InvalidValue, match="64 bits"):
            decode_json(body, 64)


@pytest.mark.parametrize(
    ("start", "count", "paging"),
    [
        (None, None, Paging(1, 100)),
        ("0", "0", Paging(1, 0)),
        ("-5", "-1", Paging(1, 0)),
        ("7", "5000", Paging(7, 1000)),
        ("", " 20 ", Paging(1, 20)),
        ("9" * 40, "10", Paging(2**63 - 1, 10)),
    ],
)
def test_paging_numbers_are_brought_into_range(start: str | None, count: str | None, paging: Paging) -> None:
    assert read_paging(start, count, default=100, maximum=1000) == paging


@pytest.mark.parametrize(("start", "count", "name"), [("one", None, "startIndex"), ("1", "1.5", "count")])
def test_paging_that_is_no_whole_number_is_refused_by_name(start: str | None, count: str | None, name: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        read_paging(start, count, default=100, maximum=1000)
