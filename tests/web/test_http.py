"""What HTTP adds to the use cases: request ids, methods, addresses, parameters, and who is let in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from .conftest import Site, create, patch

# -- request id --------------------------------------------------------------------------------------------------------


async def test_a_request_id_of_the_client_is_used_and_given_back(client: httpx.AsyncClient) -> None:
    response = await client.get("Users/u_none", headers={"X-Request-Id": "proxy-4711.a_b"})
    assert response.headers["X-Request-Id"] == "proxy-4711.a_b"
    assert response.json()["detail"].endswith("(request proxy-4711.a_b)")


@pytest.mark.parametrize(
    "sent", ["short", "x" * 65, "has blanks in it", "<script>alert(1)</script>", '"quoted-id"', ""]
)
async def test_an_unfit_request_id_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    response = await client.get("Users/u_none", headers={"X-Request-Id": sent})
    made = response.headers["X-Request-Id"]
    assert made != sent and len(made) == 16
    assert response.json()["detail"].endswith(f"(request {made})")


async def test_every_answer_has_a_request_id_of_its_own(site: Site, client: httpx.AsyncClient) -> None:
    paths = ("Users", "ServiceProviderConfig", "Nowhere", f"{site.origin}/healthz", f"{site.origin}/nowhere")
    answers = [await client.get(path) for path in paths]
    assert [a.status_code for a in answers] == [200, 200, 404, 200, 404]
    assert len({a.headers["X-Request-Id"] for a in answers}) == len(answers)


# -- addresses ---------------------------------------------------------------------------------------------------------


async def test_slashes_too_many_reach_the_same_resource(site: Site, client: httpx.AsyncClient) -> None:
    user = await create(client)
    response = await client.get(f"{site.origin}/{site.path}//Users//{user['id']}/")
    assert response.json() == user


async def test_a_hostile_host_header_never_shows_in_an_address(client: httpx.AsyncClient) -> None:
    hostile = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    response = await client.post("Users", json={"userName": "host@larkfield.example"}, headers=hostile)
    assert response.status_code == 201
    assert response.json()["meta"]["location"] == response.headers["Location"]
    assert response.headers["Location"].startswith("http://127.0.0.1:8080/t/")
    for path in ("Users", "Schemas", "ServiceProviderConfig", "ResourceTypes", "Nowhere"):
        assert "evil.example" not in (await client.get(path, headers=hostile)).text


# -- parameters --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def two(client: httpx.AsyncClient) -> None:
    """Two users: ``a+b@…``, titled ``Deck Hand``, and ``a b@…``."""
    await create(client, "a+b@larkfield.example", title="Deck Hand")
    await create(client, "a b@larkfield.example")


async def found(client: httpx.AsyncClient, query: str) -> list[str]:
    response = await client.get(f"Users?{query}")
    assert response.status_code == 200, response.text
    return [r["userName"] for r in response.json()["Resources"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('filter=userName+eq+"a%2Bb@larkfield.example"', ["a+b@larkfield.example"]),
        ("filter=userName%20eq%20%22a%2Bb%40larkfield.example%22", ["a+b@larkfield.example"]),
        ('filter=userName+eq+"a+b@larkfield.example"', ["a b@larkfield.example"]),
        ('filter=title+eq+"deck+hand"', ["a+b@larkfield.example"]),
        ('FILTER=userName%20eq%20"A%20B@larkfield.example"', ["a b@larkfield.example"]),
    ],
)
@pytest.mark.usefixtures("two")
async def test_a_filter_is_decoded_once_as_a_form(client: httpx.AsyncClient, query: str, names: list[str]) -> None:
    assert await found(client, query) == names


@pytest.mark.parametrize("name", ["startIndex", "startindex", "STARTINDEX"])
@pytest.mark.usefixtures("two")
async def test_parameter_names_are_read_in_any_letter_case(client: httpx.AsyncClient, name: str) -> None:
    assert await found(client, f"{name}=2&Count=5") == ["a b@larkfield.example"]


@pytest.mark.usefixtures("two")
async def test_attributes_are_chosen_in_any_letter_case(client: httpx.AsyncClient) -> None:
    page = (await client.get("Users?ATTRIBUTES=TITLE&count=1")).json()
    assert page["Resources"][0].keys() == {"schemas", "id", "title"}
    page = (await client.get("Users?excludedattributes=title,userName&count=1")).json()
    assert "title" not in page["Resources"][0] and "meta" in page["Resources"][0]


@pytest.mark.usefixtures("two")
async def test_unknown_parameters_are_ignored(client: httpx.AsyncClient) -> None:
    assert len(await found(client, "aadOptscim062020&sortBy=title&_=1&aadOptscim062020=x")) == 2
    created = await client.post("Users?aadOptscim062020", json={"userName": "flag@larkfield.example"})
    assert created.status_code == 201
    assert (
        await client.patch(f"Users/{created.json()['id']}?aadOptscim062020", json=patch(title="X"))
    ).status_code == 200


@pytest.mark.usefixtures("two")
async def test_a_count_of_zero_only_counts(client: httpx.AsyncClient) -> None:
    for query in ("count=0", "count=-3", "count=0&filter=userName+sw+%22a%22"):
        page = (await client.get(f"Users?{query}")).json()
        assert (page["totalResults"], page["itemsPerPage"], page["Resources"]) == (2, 0, [])


# -- groups ------------------------------------------------------------------------------------------------------------


async def test_a_group_patch_is_204_unless_attributes_are_asked_for(client: httpx.AsyncClient) -> None:
    group = (await client.post("Groups", json={"displayName": "Crew"})).json()
    address = f"Groups/{group['id']}"
    quiet = await client.patch(address, json=patch(displayName="Deck Crew"))
    assert quiet.status_code == 204 and not quiet.content
    assert quiet.headers["ETag"] == 'W/"2"'
    told = await client.patch(f"{address}?attributes=displayName", json=patch(displayName="Bridge Crew"))
    assert told.status_code == 200
    assert told.json()["displayName"] == "Bridge Crew" and "members" not in told.json()


async def test_a_user_patch_is_200_with_the_resource(client: httpx.AsyncClient) -> None:
    user = await create(client)
    response = await client.patch(f"Users/{user['id']}", json=patch(title="Pilot"))
    assert response.status_code == 200 and response.json()["title"] == "Pilot"


# -- who is let in -----------------------------------------------------------------------------------------------------


def bytes_of(response: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    return response.status_code, sorted((k, v) for k, v in response.headers.items() if k != "date"), response.content


async def test_a_401_says_the_same_for_every_reason(site: Site) -> None:
    _, expired = await site.new_token(datetime.now(UTC) - timedelta(seconds=1))
    revoked_id, revoked = await site.new_token()
    await site.app.tokens.revoke(revoked_id)
    other = await site.app.workspaces.create(f"other-{site.slug}")
    _, foreign = await site.app.tokens.create(other)
    mistyped = site.token[:20] + ("A" if site.token[20] != "A" else "B") + site.token[21:]
    headers: list[dict[str, str]] = [
        {},
        *({"Authorization": f"Bearer {token}"} for token in (expired, revoked, foreign, mistyped, "x")),
        {"Authorization": "Bearer"},
        {"Authorization": site.token},
        {"Authorization": "Basic c2NpbTpzZWNyZXQ="},
        {"Authorization": "Bearer " + "x" * 5000},
    ]
    same = {"X-Request-Id": "one-and-the-same"}
    answers = set()
    async with site.anonymous() as client:
        for tried in headers:
            answers.add(str(bytes_of(await client.get(f"{site.path}/Users", headers={**same, **tried}))))
        for address in ("/t/nobody/scim/v2/Users", "/t/nobody/scim/v2", "/t/%00/scim/v2/Users", "/t/a%2Fb/scim/v2/Me"):
            for tried in ({}, {"Authorization": f"Bearer {site.token}"}):
                answers.add(str(bytes_of(await client.get(address, headers={**same, **tried}))))
    assert len(answers) == 1, answers
    assert "(401," in answers.pop()


async def test_a_401_names_the_scheme_and_the_cure(site: Site) -> None:
    async with site.client("wrong") as stranger:
        response = await stranger.get("Users")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.headers["Content-Type"].startswith("application/scim+json")
    assert "Secret Token" in response.json()["detail"]


async def test_the_scheme_is_read_in_any_letter_case(site: Site) -> None:
    async with site.anonymous(f"{site.path}/") as client:
        assert (await client.get("Users", headers={"Authorization": f"bEARER  {site.token}"})).status_code == 200


async def test_a_token_that_is_revoked_stops_working_at_once_and_the_others_go_on(site: Site) -> None:
    token_id, token = await site.new_token()
    async with site.client(token) as rotated, site.client() as staying:
        assert (await rotated.get("Users")).status_code == 200
        await site.app.tokens.revoke(token_id)
        assert (await rotated.get("Users")).status_code == 401
        assert (await staying.get("Users")).status_code == 200


async def test_a_token_works_until_it_expires(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = await site.new_token(datetime.now(UTC) + timedelta(days=1))
    async with site.client(token) as client:
        assert (await client.get("Users")).status_code == 200

        class Later(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + timedelta(days=2)

        monkeypatch.setattr("scimserver.service.credentials.datetime", Later)
        assert (await client.get("Users")).status_code == 401


async def test_a_suspended_workspace_is_503_for_who_has_a_token_and_401_for_others(site: Site) -> None:
    async with site.client() as client, site.client("wrong") as stranger:
        user = await create(client)
        await site.app.workspaces.suspend(site.slug)
        for attempt in (client.get("Users"), client.post("Users", json={"userName": "late@larkfield.example"})):
            response = await attempt
            assert response.status_code == 503 and int(response.headers["Retry-After"]) > 0
            assert "suspended" in response.json()["detail"]
        assert (await stranger.get("Users")).status_code == 401
        await site.app.workspaces.resume(site.slug)
        assert (await client.get("Users")).json()["Resources"] == [user]
