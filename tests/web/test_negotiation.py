"""Media types and codings, read from the headers."""

import pytest

from scimserver.errors import NotAcceptable, UnsupportedMediaType
from scimserver.web.negotiation import check_accept, check_media_type, is_gzip, takes_gzip

# -- Accept ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "  ",
        "*/*",
        "*",
        "application/*",
        "application/json",
        "Application/SCIM+JSON; charset=utf-8",
        "text/html, application/json;q=0.1",
        "text/html, image/gif, *; q=.2, */*; q=.2",
        "application/scim+json;q=0, application/json",
        "application/scim+json, application/json;q=0",
        "application/json;q=0, */*;q=0.5",
        "application/*;q=0, application/json",
        "*/*;q=0, application/scim+json;q=0.001",
        "text/html;q=0.9, application/json;q=much",
        ",,;q=1, /, a/b/c, te xt/html, \x00",
    ],
)
def test_who_takes_json_in_any_form_is_answered(header: str | None) -> None:
    check_accept(header)


@pytest.mark.parametrize(
    "header",
    [
        "text/html",
        "application/xml",
        "text/*",
        "application/jsonp",
        "application/json;q=0",
        "*/*;q=0",
        "*/*;q=0.000",
        "application/scim+json;q=0, application/json; q=0, */*",
        "application/*;q=0, */*",
        "application/*; Q=0",
        "text/html, application/json;q=0, application/scim+json;q=0.0",
    ],
)
def test_who_takes_no_json_is_refused_with_the_cure(header: str) -> None:
    with pytest.raises(NotAcceptable, match=r"application/scim\+json.* send one"):
        check_accept(header)


# -- Content-Type ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "application/json",
        "application/scim+json; charset=utf-8",
        "Application/SCIM+JSON",
        'application/json; CharSet="UTF-8"',
        "application/json;charset=utf8",
        "application/json; charset=US-ASCII; boundary=x",
        "application/json; profile=x",
        "; charset=utf-8",
    ],
)
def test_json_media_types_in_utf8_and_none_are_accepted(header: str | None) -> None:
    check_media_type(header)


@pytest.mark.parametrize("header", ["text/plain", "application/xml; charset=utf-8", "json", "application/jsonp"])
def test_other_media_types_are_refused_with_the_cure(header: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=r"send `application/scim\+json` or `application/json`"):
        check_media_type(header)


@pytest.mark.parametrize("charset", ["iso-8859-1", '"utf-16"', "latin1", "utf-8-sig"])
def test_other_charsets_are_refused_with_the_cure(charset: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="send JSON in UTF-8"):
        check_media_type(f"application/scim+json; charset={charset}")


# -- codings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "inflate"),
    [(None, False), ("", False), ("identity", False), ("gzip", True), ("X-GZip", True), ("identity, gzip", True)],
)
def test_a_body_is_plain_or_gzip(header: str | None, inflate: bool) -> None:
    assert is_gzip(header) is inflate


@pytest.mark.parametrize("header", ["deflate", "br", "zstd", "gzip, gzip", "gzip, br", "compress", "x"])
def test_other_codings_are_refused_and_gzip_is_named(header: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="gzip it once") as caught:
        is_gzip(header)
    assert caught.value.headers == {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize(
    "header",
    ["gzip", "GZIP", "deflate, gzip;q=0.5", "x-gzip", "*", "br;q=1, *;q=0.1", "gzip;q=0.5, identity;q=0.5", "gzip;q=x"],
)
def test_gzip_is_sent_to_who_takes_it(header: str) -> None:
    assert takes_gzip(header)


@pytest.mark.parametrize(
    "header",
    [None, "", "identity", "br, deflate", "gzip;q=0", "gzip; q=0.0", "*;q=0", "gzip;q=0, *", "identity, gzip;q=0.5"],
)
def test_gzip_is_not_sent_to_who_does_not_take_it_or_would_rather_have_it_plain(header: str | None) -> None:
    assert not takes_gzip(header)
