"""What every operation of the admin API does: keys, forms of requests, errors, its document."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from scimserver.errors import Unavailable
from scimserver.store.admin_keys import AdminKeyStore
from scimserver.store.workspaces import WorkspaceStore
from scimserver.web.admin import PARTS
from scimserver.web.admin.faults import NotValid
from scimserver.web.admin.kinds import BY_NAME, KINDS
from scimserver.web.admin.operations import Call, Endpoints, Model
from scimserver.web.admin.reading import read_body
from scimserver.web.admin.routes import by_path

from ..conftest import Site
from .conftest import ROOT, problem


async def ask(site: Site, authorization: str | None, path: str = "workspaces") -> httpx.Response:
    headers = {"Authorization": authorization} if authorization is not None else {}
    async with site.anonymous(f"{ROOT}/", headers) as client:
        return await client.get(path)


async def test_a_key_opens_the_api(admin: httpx.AsyncClient, site: Site) -> None:
    answer = await admin.get("workspaces")
    assert answer.status_code == 200
    assert site.slug in [w["name"] for w in answer.json()["workspaces"]]


async def test_every_refusal_of_a_key_is_the_same(site: Site, admin_key: str) -> None:
    app = site.app
    _, expired = await app.admin_keys.create(expires=datetime.now(UTC) - timedelta(seconds=1))
    gone, revoked = await app.admin_keys.create()
    await app.admin_keys.revoke(gone.public_id)
    wrong = admin_key[:20] + ("x" if admin_key[20] != "x" else "y") + admin_key[21:]
    seen = set()
    for header in [
        None,
        "",
        "Bearer",
        f"Basic {admin_key}",
        f"Bearer {wrong}",
        f"Bearer {expired}",
        f"Bearer {revoked}",
        f"Bearer {site.token}",
    ]:
        answer = await ask(site, header)
        body = problem(answer, 401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="admin"'
        seen.add(str({k: v for k, v in body.items() if k != "request_id"}))
    assert len(seen) == 1


async def test_an_admin_key_opens_no_workspace(site: Site, admin_key: str) -> None:
    async with site.client(admin_key) as client:
        assert (await client.get("Users")).status_code == 401


@pytest.mark.parametrize("path", ["workspaces", "workspaces/nobody", "no/such/address"])
async def test_without_a_key_nothing_is_told_of_what_exists(site: Site, path: str) -> None:
    problem(await ask(site, None, path), 401, "unauthorized")


async def test_an_unknown_address_is_not_found(admin: httpx.AsyncClient) -> None:
    problem(await admin.get("no/such/address"), 404, "not-found")


async def test_another_method_names_those_that_work(admin: httpx.AsyncClient, site: Site) -> None:
    for method in ("PUT", "TRACE", "BREW"):
        answer = await admin.request(method, f"workspaces/{site.slug}")
        problem(answer, 405, "method-not-allowed")
        assert answer.headers["Allow"] == "DELETE, GET, PATCH, HEAD, OPTIONS"
    assert (await admin.options(f"workspaces/{site.slug}")).headers["Allow"] == "DELETE, GET, PATCH, HEAD, OPTIONS"


async def test_head_is_get_without_a_body(admin: httpx.AsyncClient, site: Site) -> None:
    answer = await admin.head(f"workspaces/{site.slug}")
    assert answer.status_code == 200 and answer.content == b"" and answer.headers["ETag"] == '"1"'


async def test_slashes_are_folded_as_everywhere(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("workspaces//")).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "kind", "place"),
    [
        (b"", 201, "", ""),
        (b"{}", 201, "", ""),
        (b'{"label": "Entra ID", "days": 30}', 201, "", ""),
        (b'{"days": 30.0}', 201, "", ""),
        (b'{"days": 30.5}', 422, "not-valid", "days"),
        (b"{", 400, "not-json", ""),
        (b"\xff", 400, "not-json", ""),
        (b"[" * 200 + b"]" * 200, 400, "not-json", ""),
        (b"[]", 422, "not-valid", ""),
        (b'"text"', 422, "not-valid", ""),
        (b'{"days": "30"}', 422, "not-valid", "days"),
        (b'{"days": true}', 422, "not-valid", "days"),
        (b'{"days": 0}', 422, "not-valid", "days"),
        (b'{"label": 7}', 422, "not-valid", "label"),
        (b'{"lable": "x"}', 422, "not-valid", "lable"),
    ],
)
async def test_a_body_is_taken_as_its_model_says(
    admin: httpx.AsyncClient, site: Site, body: bytes, status: int, kind: str, place: str
) -> None:
    answer = await admin.post(
        f"workspaces/{site.slug}/tokens", content=body, headers={"Content-Type": "application/json"}
    )
    if status < 300:
        assert answer.status_code == status, answer.text
        return
    told = problem(answer, status, kind)
    if kind == "not-valid":
        errors: Any = told["errors"]
        assert [error["place"] for error in errors] == [place]


async def test_a_misspelt_field_is_told_the_right_one(admin: httpx.AsyncClient, site: Site) -> None:
    answer = await admin.post(f"workspaces/{site.slug}/tokens", json={"lable": "x"})
    assert "did you mean `label`?" in answer.json()["detail"]


async def test_an_unknown_query_parameter_is_refused(admin: httpx.AsyncClient) -> None:
    body = problem(await admin.get("workspaces", params={"page": "2"}), 422, "not-valid")
    assert "page" in str(body["detail"])


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Content-Type": "application/json"}, 201, ""),
        ({"Content-Type": "application/json; charset=utf-8"}, 201, ""),
        ({"Content-Type": "text/plain"}, 415, "media-type"),
        ({"Content-Type": "application/scim+json"}, 415, "media-type"),
        ({"Content-Encoding": "br"}, 415, "media-type"),
        ({"Accept": "text/html"}, 406, "not-acceptable"),
        ({"Accept": "application/*"}, 201, ""),
    ],
)
async def test_media_types_are_json(
    admin: httpx.AsyncClient, site: Site, headers: dict[str, str], status: int, kind: str
) -> None:
    answer = await admin.post(f"workspaces/{site.slug}/tokens", content=b"{}", headers=headers)
    if status < 300:
        assert answer.status_code == status, answer.text
    else:
        problem(answer, status, kind)


async def test_a_long_body_is_refused(admin: httpx.AsyncClient, site: Site) -> None:
    long = b'{"label": "' + b"x" * site.app.settings.limits.body_bytes + b'"}'
    problem(await admin.post(f"workspaces/{site.slug}/tokens", content=long), 413, "too-large")


async def test_a_database_that_is_away_is_503(
    admin: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise Unavailable("The database is not reachable.")

    assert (await admin.get("workspaces")).status_code == 200
    monkeypatch.setattr(WorkspaceStore, "list", away)
    answer = await admin.get("workspaces")
    problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    monkeypatch.setattr(AdminKeyStore, "get", away)
    site.app.admin_keys._cache.clear()
    problem(await admin.get("workspaces"), 503, "unavailable")


async def test_a_server_that_stops_says_so(admin: httpx.AsyncClient, site: Site) -> None:
    site.app.draining = True
    problem(await admin.get("workspaces"), 503, "unavailable")


async def test_what_nobody_expected_is_500_without_internals(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr(WorkspaceStore, "list", broken)
    body = problem(await admin.get("workspaces"), 500, "internal-error")
    assert "internals" not in str(body)


async def test_too_many_at_once_are_told_so(
    admin: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.app, "enter", lambda *_: False)
    answer = await admin.get("workspaces")
    problem(answer, 429, "too-many-requests")
    assert answer.headers["Retry-After"] == "1"


async def test_requests_are_counted_in_and_out(admin: httpx.AsyncClient, site: Site) -> None:
    for path in ("workspaces", "workspaces/nobody", "no/such"):
        await admin.get(path)
    assert site.app.in_flight == 0


async def test_the_document_is_open_to_all_and_describes_every_operation(site: Site) -> None:
    answer = await ask(site, None, "openapi.json")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    told = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert told == {(path, method) for path, methods in by_path().items() for method in methods}
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"].endswith(".") and operation["operationId"]
            assert {"500", "503"} <= operation["responses"].keys()
    ids = [operation.id for part in PARTS for operation in part.operations]
    assert len(ids) == len(set(ids))


async def test_every_reference_of_the_document_leads_somewhere(site: Site) -> None:
    document = (await ask(site, None, "openapi.json")).json()

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [r for item in value.values() for r in references(item)]
        return [r for item in value for r in references(item)] if isinstance(value, list) else []

    found = set(references(document))
    assert found
    assert {r.rpartition("/")[2] for r in found} <= document["components"]["schemas"].keys()
    assert all(r.startswith("#/components/schemas/") for r in found)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_kind_of_problem_is_explained_at_its_address(site: Site, kind: Any) -> None:
    async with site.anonymous() as client:
        answer = await client.get(kind.uri)
    assert answer.status_code == 200
    told = answer.json()
    assert told == {"type": kind.uri, "title": kind.title, "status": kind.status, "meaning": kind.meaning}


async def test_an_unknown_kind_of_problem_is_not_found(site: Site) -> None:
    problem(await ask(site, None, "problems/no-such"), 404, "not-found")


def test_no_two_kinds_have_one_name() -> None:
    assert len(BY_NAME) == len(KINDS)


class _Body(Model):
    name: str


async def _undocumented(call: Call) -> None: ...


async def _no_call(workspace: str) -> None:
    """Docstring."""


async def _other_variable(call: Call, slug: str) -> None:
    """Docstring."""


async def _untyped_body(call: Call, workspace: str, body: dict[str, Any]) -> None:
    """Docstring."""


async def _no_model(call: Call, workspace: str) -> str:
    """Docstring."""
    return ""


async def _good(call: Call, workspace: str, body: _Body) -> None:
    """Docstring."""


@pytest.mark.parametrize("function", [_undocumented, _no_call, _other_variable, _untyped_body, _no_model])
def test_a_function_that_tells_too_little_is_refused_at_import(function: Any) -> None:
    with pytest.raises(TypeError, match=function.__name__):
        Endpoints("x", "X.").post("/workspaces/{workspace}")(function)


def test_a_function_that_tells_enough_is_an_operation() -> None:
    part = Endpoints("x", "X.")
    part.post("/workspaces/{workspace}")(_good)
    (made,) = part.operations
    assert (made.status, made.body, made.answer, made.body_required) == (204, _Body, None, True)


class _Deep(Model):
    numbers: dict[str, list[int]]
    free: Any = None


@pytest.mark.parametrize(
    ("document", "numbers"),
    [
        ({"numbers": {"a": [1, 2.0]}}, {"a": [1, 2]}),
        ({"numbers": {"a": [2.5]}}, None),
        ({"numbers": {"a": [1e300]}}, None),
        ({"numbers": {"a": [True]}}, None),
        ({"numbers": {"a": ["2"]}}, None),
        ({"numbers": {"a": [2.0, 2.5]}}, None),
    ],
)
def test_a_whole_number_may_have_a_point_wherever_it_stands(document: Any, numbers: Any) -> None:
    if numbers is None:
        with pytest.raises(NotValid, match=r"numbers\.a"):
            read_body(_Deep, document)
    else:
        read = read_body(_Deep, {**document, "free": 7.0})
        assert isinstance(read, _Deep) and read.numbers == numbers
        assert type(read.numbers["a"][1]) is int and type(read.free) is float
