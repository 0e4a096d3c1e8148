"""Which methods an address has: HEAD with every GET, OPTIONS everywhere, 405 with ``Allow`` and 501 for the rest."""

import itertools

import httpx
import pytest

from .conftest import Site, create, patch

SAME_EVERY_TIME = {"X-Request-Id": "one-and-the-same"}


def headers_of(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "date"}


READABLE = [
    "Users",
    "Users?filter=userName%20eq%20%22ada%40larkfield.example%22",
    "Users/{id}",
    "Groups",
    "",
    "Schemas",
    "ResourceTypes/User",
    "ServiceProviderConfig",
    "/healthz",
    "/readyz",
    "Users/u_none",
    "Users?filter=no",
    "Schemas?filter=no",
    "Nowhere",
    "/nowhere",
]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_head_has_every_header_of_get_and_no_body(site: Site, client: httpx.AsyncClient, coding: str) -> None:
    user = await create(client, displayName="x" * 3000)
    asked = {**SAME_EVERY_TIME, "Accept-Encoding": coding}
    for path in READABLE:
        address = site.origin + path if path.startswith("/") else path.format(**user)
        got, head = await client.get(address, headers=asked), await client.head(address, headers=asked)
        assert head.status_code == got.status_code, path
        assert headers_of(head) == headers_of(got), path
        assert int(head.headers["Content-Length"]) > 0 and got.content and not head.content, path


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("Users", "GET, HEAD, POST, OPTIONS"),
        ("Groups", "GET, HEAD, POST, OPTIONS"),
        ("Users/u_1", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("ServiceProviderConfig", "GET, HEAD, OPTIONS"),
        ("Schemas", "GET, HEAD, OPTIONS"),
        ("ResourceTypes/User", "GET, HEAD, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/readyz", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_tells_the_methods_and_any_other_is_405_with_the_same(
    site: Site, client: httpx.AsyncClient, path: str, allowed: str
) -> None:
    address = site.origin + path if path.startswith("/") else path
    options = await client.options(address, headers={"Accept": "text/html"})
    assert (options.status_code, options.headers["Allow"], options.content) == (204, allowed, b"")
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - set(allowed.split(", ")):
        refused = await client.request(method, address, json={})
        assert (refused.status_code, refused.headers["Allow"]) == (405, allowed)
        if method != "HEAD":
            assert refused.json()["status"] == "405"
            assert f"`{method}` is not allowed here; use {allowed}" in refused.json()["detail"]


async def test_a_method_that_nobody_has_is_501_and_the_connection_goes_on(
    site: Site, client: httpx.AsyncClient
) -> None:
    methods = ("TRACE", "BREW", "FINISH", "SEND_ERROR", "ADMIT", "__INIT__")
    for method, address in itertools.product(methods, ("Users", f"{site.origin}/healthz")):
        response = await client.request(method, address, json={})
        assert response.status_code == 501
        assert f"no method `{method}`" in response.json()["detail"] and "GET, HEAD" in response.json()["detail"]
    assert (await client.get("Users")).status_code == 200
    assert len(client._transport._pool.connections) == 1  # type: ignore[attr-defined]


async def test_methods_are_told_only_to_who_has_a_token(site: Site) -> None:
    methods = ("OPTIONS", "HEAD", "DELETE", "PUT", "TRACE", "BREW")
    paths = ("Users", "Schemas", "Me", "Nowhere", f"{site.origin}/t/nobody/scim/v2/Users")
    async with site.client("wrong") as stranger:
        for method, path in itertools.product(methods, paths):
            response = await stranger.request(method, path)
            assert response.status_code == 401
            assert "Allow" not in response.headers


async def test_a_method_is_told_before_a_media_type_and_an_address_before_a_method(client: httpx.AsyncClient) -> None:
    odd = {"Accept": "text/html", "Content-Type": "text/plain", "Content-Encoding": "br"}
    for path, status in (("Nowhere", 404), ("Me", 501), ("Users", 405)):
        assert (await client.put(path, content=b"x", headers=odd)).status_code == status
    assert (await client.post("Users", content=b"x", headers=odd)).status_code == 406
    assert (await client.post("Users", content=b"x", headers={**odd, "Accept": "*/*"})).status_code == 415


async def test_me_is_501_for_every_method_and_says_what_to_do_instead(client: httpx.AsyncClient) -> None:
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    for method, path in itertools.product(methods, ("Me", "Me/", "Me/groups")):
        response = await client.request(method, path, json=patch(title="Pilot"))
        assert response.status_code == 501 and "scimType" not in response.json()
        assert "/Users/{id}" in response.json()["detail"]


# -- what the client accepts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", [None, "", "application/json", "application/*", "text/html, */*;q=0.1"])
async def test_the_answer_is_scim_json_whatever_acceptable_type_was_asked_for(
    client: httpx.AsyncClient, accept: str | None
) -> None:
    if accept is None:
        del client.headers["Accept"]
    response = await client.get("Users", headers={} if accept is None else {"Accept": accept})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/scim+json; charset=utf-8"


async def test_who_takes_no_json_is_406_before_anything_is_done(client: httpx.AsyncClient) -> None:
    html = {"Accept": "text/html, application/json;q=0"}
    user = await create(client)
    for method, path in (("GET", "Users"), ("POST", "Users"), ("PUT", f"Users/{user['id']}"), ("GET", "Schemas")):
        response = await client.request(method, path, json={"userName": "new@larkfield.example"}, headers=html)
        assert response.status_code == 406
        assert response.headers["Content-Type"] == "application/scim+json; charset=utf-8"
        assert "application/scim+json" in response.json()["detail"]
    assert (await client.get("Users")).json()["Resources"] == [user]
    assert (await client.delete(f"Users/{user['id']}", headers=html)).status_code == 204


async def test_probes_are_answered_whatever_they_accept(site: Site) -> None:
    async with site.anonymous() as client:
        for path in ("/healthz", "/readyz"):
            response = await client.get(path, headers={"Accept": "text/plain"})
            assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
