"""Whole requests: right ones of every endpoint, and each part of them spoiled now and then."""

import json
from functools import cache
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from scimserver.schema.catalogue import load_schemas
from tests.web.custom import FILES

from .strategies import TEXTS, bodies, filter_texts, garbage, json_values, mostly, patches, paths
from .wire import Header, Request

TYPES = {t.name: t for t in load_schemas(FILES).resource_types if t.name in ("User", "Group", "Sample")}
"""Users, groups, and a type given as data that has every attribute type and every characteristic."""
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
STRANGE_METHODS = ["HEAD", "OPTIONS", "TRACE", "get", "FOO"]
DISCOVERY = [
    "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/ResourceTypes/User", "/Schemas/x",
    *(f"/Schemas/{t.schema.id}" for t in TYPES.values()),
]  # fmt: skip
STRANGE_PATHS = [
    "/Me", "/Bulk", "/.search", "/Users/.search", "", "/", "//Users//", "/Users/none", "/users", "/Users/%ff",
    "/Users/%00", "/Users/..", "/Users/x/y",
]  # fmt: skip
NUMBERS = ["1", "0", "-1", "2", "1000000", "9" * 30, "", "x", "1.5", "٣", " 1 "]
MEDIA = [
    b"application/scim+json",
    b"application/json",
    b"application/scim+json; charset=utf-8",
    b"text/plain",
    b"",
    b"*/*",
]
VERSIONS = [b'W/"1"', b'W/"2"', b"*", b'"1"', b"W/1", b"", b'W/"1", W/"2"', b'W/"9"']
SPOILS = [b"", b'"', b"{", b"]", b"\xff", b"\x00", b"[" * 100, b'"\\ud800"', b"1e999"]
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"


@st.composite
def requests(draw: st.DrawFn, ids: dict[str, list[str]], base: str, token: str) -> Request:
    """Draw a request below ``base``; ``ids`` are those of existing resources by the name of their type."""
    kind = draw(st.sampled_from(sorted(TYPES)))
    endpoint = TYPES[kind].endpoint
    method = draw(_rarely(st.sampled_from(METHODS), st.sampled_from(STRANGE_METHODS)))
    right = f"{endpoint}/{draw(st.sampled_from(ids[kind]))}"
    if method == "POST" or (method == "GET" and draw(st.booleans())):
        right = endpoint
    path = draw(mostly(st.just(right), STRANGE))
    query = draw(_queries(kind, method == "GET"))
    body = None
    if method in ("POST", "PUT", "PATCH") or draw(st.integers(0, 19)) == 0:
        existing = [found for of_type in ids.values() for found in of_type]
        # Members and managers that exist make a difference.
        body = draw(_bodies(kind, method, path.rpartition("/")[2])).replace(
            b'"a"', _encoded(draw(st.sampled_from(["a", *existing])))
        )
    target = base + path + (f"?{query}" if query else "")
    return Request(method, target.encode(), tuple(draw(_headers(token))), body)


def _rarely(usual: st.SearchStrategy[Any], *others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return mostly(usual, mostly(usual, *others))


STRANGE = st.one_of(
    st.sampled_from(DISCOVERY), st.sampled_from(STRANGE_PATHS), garbage.map(lambda text: "/" + quote(text, safe=""))
)


@cache
def _queries(kind: str, lists: bool) -> st.SearchStrategy[str]:
    names = st.lists(mostly(paths(TYPES[kind]).map(lambda target: target[0]), garbage), max_size=3).map(",".join)
    filters = st.tuples(st.just("filter"), filter_texts(TYPES[kind]))
    parameters = st.one_of(
        st.tuples(st.sampled_from(["attributes", "excludedAttributes", "Attributes"]), names),
        st.tuples(st.sampled_from(["startIndex", "count"]), st.sampled_from(NUMBERS)),
        st.tuples(st.just("sortBy"), names),
        st.tuples(st.just("sortOrder"), st.sampled_from(["ascending", "descending", "x"])),
        st.tuples(st.just("cursor"), st.sampled_from(TEXTS)),
        st.tuples(garbage, garbage),
    )
    several = st.lists(mostly(filters, parameters) if lists else parameters, max_size=3)
    pairs = several.map(lambda found: "&".join(f"{quote(name)}={quote(value)}" for name, value in found))
    pieces = ["%", "%ff", "%zz", "&", "=", "+", "filter=", "?", "a", "%22"]
    return _rarely(pairs, st.lists(st.sampled_from(pieces), max_size=6).map("".join))


@cache
def _bodies(kind: str, method: str, last_step: str) -> st.SearchStrategy[bytes]:
    resource_type = TYPES[kind]
    if last_step == ".search":
        right = _searches(kind)
    elif last_step == "Bulk":
        right = _bulks(kind)
    else:
        right = patches(resource_type) if method == "PATCH" else bodies(resource_type)
    encoded = right.map(_encoded)
    return _rarely(encoded, _spoiled(encoded), st.binary(max_size=20))


def _searches(kind: str) -> st.SearchStrategy[Any]:
    anything = json_values(st.just("x"))
    return st.fixed_dictionaries(
        {"schemas": st.just([f"{MESSAGES}SearchRequest"])},
        optional={
            "filter": mostly(filter_texts(TYPES[kind]), anything),
            "attributes": mostly(st.lists(garbage, max_size=2), anything),
            "sortBy": st.sampled_from([*TEXTS, "userName", "meta.created", "emails"]),
            "startIndex": mostly(st.integers(-2, 9), anything),
            "count": mostly(st.integers(-2, 9), anything),
            "cursor": st.sampled_from(TEXTS),
        },
    )


def _bulks(kind: str) -> st.SearchStrategy[Any]:
    operation = st.fixed_dictionaries(
        {
            "method": st.sampled_from(METHODS),
            "path": st.sampled_from([TYPES[kind].endpoint, f"{TYPES[kind].endpoint}/bulkId:x", "/"]),
            "bulkId": st.sampled_from(["x", "y"]),
            "data": bodies(TYPES[kind]),
        }
    )
    return st.fixed_dictionaries(
        {"schemas": st.just([f"{MESSAGES}BulkRequest"]), "Operations": st.lists(operation, max_size=3)}
    )


@st.composite
def _spoiled(draw: st.DrawFn, right: st.SearchStrategy[bytes]) -> bytes:
    body = draw(right)
    start = draw(st.integers(0, len(body)))
    return body[:start] + draw(st.sampled_from(SPOILS)) + body[start + draw(st.integers(0, 2)) :]


@cache
def _headers(token: str) -> st.SearchStrategy[list[Header]]:
    printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12).map(
        lambda text: text.strip().encode()
    )
    signed_in = _rarely(st.just(b"Bearer " + token.encode()), printable)
    others = st.one_of(
        st.tuples(st.sampled_from([b"Content-Type", b"Accept"]), st.sampled_from(MEDIA)),
        st.tuples(st.sampled_from([b"If-Match", b"If-None-Match"]), st.sampled_from(VERSIONS)),
        st.tuples(st.sampled_from([b"Accept-Encoding", b"User-Agent", b"X-Forwarded-Host", b"Prefer"]), printable),
    )
    several = st.lists(others, max_size=2)
    return st.builds(lambda who, rest: [(b"Host", b"localhost"), (b"Authorization", who), *rest], signed_in, several)


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
