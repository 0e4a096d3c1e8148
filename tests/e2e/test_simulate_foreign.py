"""The simulator's dialect ``rfc`` against a SCIM server that other people wrote: python-scim's scim2-server.

It keeps everything in memory and has the whole of the protocol, so nothing has to be excused. What a server may lack is
switched off in it: PATCH, filters, the enterprise extension. (It also answers PATCH with 204 and no body, leaves
``members`` out of an empty group, numbers its ``meta.version`` over all resources and keeps a deleted user in the members
of a group, all of which the RFC allows. The last is told in a note.)
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
from scim2_models import ResourceType, ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.testserver.application import BEARER_TOKEN_SCHEME, BearerTokenApplication
from scim2_server.testserver.cli import ThreadingWSGIServer
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

from scimserver.simulate.mapping.targets import ENTERPRISE
from scimserver.simulate.run import Options, Outcome, run

TOKEN = "a-token-of-theirs"
Environment = dict[str, Any]


class _Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass


class Foreign:
    """The running server, and how often it was asked by each method, and with a filter."""

    def __init__(self, url: str, methods: "Counter[str]") -> None:
        self.url = url
        self.methods = methods

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)

    def all(self, endpoint: str) -> list[dict[str, Any]]:
        with self.client() as client:
            return list(client.get(endpoint, params={"count": "1000"}).raise_for_status().json()["Resources"])


@contextmanager
def foreign(*, patch: bool = True, filters: bool = True, enterprise: bool = True) -> Iterator[Foreign]:
    """Run the server in a thread, with what it shall be able to do."""
    config = load_default_service_provider_config()
    config.authentication_schemes = [BEARER_TOKEN_SCHEME]
    assert config.patch and config.filter
    config.patch.supported, config.filter.supported = patch, filters
    types: list[ResourceType] = list(load_default_resource_types().values())
    schemas = dict(load_default_schemas())
    if not enterprise:
        schemas = {urn: schema for urn, schema in schemas.items() if urn != ENTERPRISE}
        for resource_type in types:
            resource_type.schema_extensions = None
    provider = ScimProvider.from_discovery(schemas.values(), types, config=config)
    service = ScimService(provider, secret="a secret for cursors, which nobody uses")
    application = BearerTokenApplication(InMemoryStorage(), provider, service=service, bearer_tokens=[TOKEN])
    methods: Counter[str] = Counter()

    def counting(environment: Environment, start: Callable[..., Any]) -> Iterable[bytes]:
        methods[environment["REQUEST_METHOD"]] += 1
        methods["filter"] += "filter=" in environment["QUERY_STRING"]
        return application(environment, start)

    with make_server("127.0.0.1", 0, counting, server_class=ThreadingWSGIServer, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Foreign(f"http://127.0.0.1:{server.server_port}/v2", methods)
        finally:
            server.shutdown()
            thread.join(10)


async def simulate(server: Foreign, state: Path, **more: Any) -> Outcome:
    options = {"users": 60, "groups": 6, "cycles": 2, "token": TOKEN, "dialect": "rfc", "quiet": True, **more}
    return await run(Options(service="entra", url=server.url, state=state, **options))


def assert_good(outcome: Outcome) -> None:
    summary = outcome.report.summary
    assert (outcome.problem, summary.errors) == ("", [])
    assert outcome.report.differences == []


async def test_whole_cycles_leave_no_difference(tmp_path: Path) -> None:
    with foreign() as server:
        outcome = await simulate(server, tmp_path / "state.json")
        assert_good(outcome)
        assert len(outcome.times) == 3
        assert server.methods["PATCH"] > 20
        assert server.methods["DELETE"] > 0
        assert server.methods["PUT"] == 0
        users = server.all("/Users")
        groups = server.all("/Groups")
    assert len(users) >= 50
    assert any(not user["active"] for user in users), "somebody was disabled"
    assert any(ENTERPRISE in user and "manager" in user[ENTERPRISE] for user in users)
    assert any(group.get("members") for group in groups)


async def test_reading_everything_again_writes_nothing(tmp_path: Path) -> None:
    with foreign() as server:
        assert_good(await simulate(server, tmp_path / "state.json"))
        again = await simulate(server, tmp_path / "state.json", cycles=0)
        assert_good(again)
        assert again.report.writes == 0


async def test_what_was_spoilt_is_found_and_put_right(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with foreign() as server:
        assert_good(await simulate(server, state, cycles=0))
        ids = json.loads(state.read_text())["ids"].values()
        spoilt = next(u for u in server.all("/Users") if u["id"] in ids and u["active"] and u.get("title"))
        with server.client() as client:
            title = {"op": "replace", "path": "title", "value": "Somebody else"}
            body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [title]}
            client.patch(f"/Users/{spoilt['id']}", json=body).raise_for_status()
        again = await simulate(server, state, cycles=0)
        assert_good(again)
        assert again.report.writes == 1
        with server.client() as client:
            assert client.get(f"/Users/{spoilt['id']}").json()["title"] == spoilt["title"]


@pytest.mark.parametrize(("patch", "filters"), [(False, True), (True, False), (False, False)])
async def test_a_server_may_lack_patch_or_filters(tmp_path: Path, patch: bool, filters: bool) -> None:
    with foreign(patch=patch, filters=filters) as server:
        assert_good(await simulate(server, tmp_path / "state.json", users=30, groups=4))
        assert (server.methods["PATCH"] > 0, server.methods["PUT"] > 0) == (patch, not patch)
        assert (server.methods["filter"] > 0) == filters


async def test_a_server_may_lack_the_enterprise_extension(tmp_path: Path) -> None:
    with foreign(enterprise=False) as server:
        assert_good(await simulate(server, tmp_path / "state.json", users=30, groups=4))
        assert not any(ENTERPRISE in user for user in server.all("/Users"))


async def test_a_wrong_token_ends_the_run(tmp_path: Path) -> None:
    with foreign() as server:
        outcome = await simulate(server, tmp_path / "state.json", token="another", cycles=0)
        assert not outcome.good
        assert "refused the Secret Token with 401" in outcome.report.quarantine
        assert server.methods["POST"] == 0
