import pytest

from scimserver.errors import InvalidSyntax, InvalidValue
from scimserver.web.requests import decode_json


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
