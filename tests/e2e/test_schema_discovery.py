"""A workspace with a custom extension, from Entra's schema discovery to the document in MongoDB."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimserver.service.yaml_text import dump

from .deployment import Deployment
from .discovery import Found, targets_of
from .entra import PATCH_OP
from .test_processes import ok

URN = "urn:ietf:params:scim:schemas:extension:larkfield:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
WITHIN = 5.5
"""Seconds until every process knows of a change, and the time of a poll."""


def attribute(kind: str, description: str, **scim: Any) -> dict[str, Any]:
    notes = {"mutability": "readWrite", "returned": "default", "uniqueness": "none", **scim}
    return {"type": kind, "description": description, "scim": notes}


EXTENSION = {
    "$id": URN,
    "title": "LarkfieldUser",
    "description": "What Larkfield wants to know about its people.",
    "type": "object",
    "properties": {
        "badgeColour": attribute("string", "Colour of the badge.", caseExact=False, keyed=True),
        "berth": attribute("integer", "Number of the berth."),
        "marshal": attribute("boolean", "Whether the person is a fire marshal."),
        "since": attribute("string", "First day.", type="dateTime"),
    },
}
MAPPING = {
    "fields": {
        "User": {
            "badge": {"expression": f"ToUpper([{URN}:badgeColour])", "default": "NONE"},
            "place.berth": {"attribute": f"{URN}:berth", "type": "number"},
            "marshal": {"attribute": f"{URN}:marshal", "type": "boolean", "default": False},
            "since": {"attribute": f"{URN}:since", "type": "date"},
            "first_badge": {"attribute": f"{URN}:badgeColour", "apply": "create"},
        }
    }
}
DOCUMENT = {
    "version": 1,
    "profile": "entra",
    "switches": {},
    "limits": {},
    "plugins": [{"name": "work_address"}, {"name": "expressions", "settings": MAPPING}],
    "schemas": [EXTENSION],
}


@pytest.fixture(scope="module")
def larkfield(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The deployment, once its workspace is what the file says and the server knows of it."""
    file = tmp_path_factory.mktemp("code") / "larkfield.yaml"
    file.write_text(dump(DOCUMENT))
    database = ("--database", deployment.facts["mongo_url"])
    done = json.loads(ok("workspace", "import", "larkfield", str(file), "--json", *database))
    assert (done["created"], done["stale"]) == (False, True)
    began = time.monotonic()
    with deployment.sync_client("larkfield") as client:
        while client.get(f"Schemas/{URN}").status_code != 200:
            assert time.monotonic() - began < WITHIN
            time.sleep(0.1)
    return deployment


def patched(client: httpx.Client, user: str, *operations: dict[str, Any]) -> None:
    answer = client.patch(f"Users/{user}", json={"schemas": [PATCH_OP], "Operations": list(operations)})
    assert answer.status_code in (200, 204), answer.text


def stored(deployment: Deployment, user: str) -> dict[str, Any]:
    with deployment.mongo() as mongo:
        found = mongo[deployment.facts["database"]]["users"].find_one({"_id": user})
    assert found is not None
    return dict(found["app"])


def test_discovery_finds_the_extension_and_what_the_list_of_targets_has(larkfield: Deployment) -> None:
    with larkfield.sync_client("larkfield") as client:
        answer = client.get("Schemas")
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "application/scim+json")
        found = targets_of(answer.json())
    assert [f for f in found if f.attribute.startswith(URN)] == [
        Found(f"{URN}:badgeColour", "String", False),
        Found(f"{URN}:berth", "Integer", False),
        Found(f"{URN}:marshal", "Boolean", False),
        Found(f"{URN}:since", "DateTime", False),
    ]
    assert Found('emails[type eq "work"].value', "String", False) in found
    database = ("--database", larkfield.facts["mongo_url"])
    told = json.loads(ok("schema", "targets", "larkfield", "--json", *database))
    listed = [Found(t["attribute"], t["type"], t["multi_valued"]) for t in told["targets"]["User"]]
    assert sorted(listed) == sorted(found)
    assert told["warnings"] == []


def test_another_workspace_does_not_show_it(larkfield: Deployment) -> None:
    with larkfield.sync_client("northgate") as client:
        assert not any(f.attribute.startswith(URN) for f in targets_of(client.get("Schemas").json()))
        assert client.get(f"Schemas/{URN}").status_code == 404
        assert client.get("Users", params={"filter": f'{URN}:badgeColour eq "teal"'}).status_code == 400


def test_values_are_created_patched_in_both_dialects_filtered_returned_and_mapped(larkfield: Deployment) -> None:
    with larkfield.sync_client("larkfield") as client:
        # As Entra sends it: the extension is there, and its URN is not in `schemas`.
        body = {
            "schemas": [CORE],
            "userName": "ines.okafor@larkfield.example",
            "externalId": "ines.okafor",
            "active": True,
            "meta": {"resourceType": "User"},
            "roles": [],
            URN: {"badgeColour": "teal", "berth": 7, "since": "2026-03-01T08:00:00Z"},
        }
        made = client.post("Users", json=body)
        assert made.status_code == 201, made.text
        user = made.json()["id"]
        assert made.json()[URN] == body[URN] and URN in made.json()["schemas"]
        since = datetime(2026, 3, 1, 8, tzinfo=UTC)
        first = {"badge": "TEAL", "place": {"berth": 7}, "marshal": False, "since": since, "first_badge": "teal"}
        assert stored(larkfield, user) == first

        patched(
            client,
            user,
            {"op": "Replace", "path": f"{URN}:badgeColour", "value": "Amber"},
            {"op": "Add", "path": f"{URN}:marshal", "value": "True"},
        )
        assert stored(larkfield, user) == {**first, "badge": "AMBER", "marshal": True}

        patched(
            client, user, {"op": "replace", "value": {f"{URN}:badgeColour": "Plum", f"{URN}:berth": 9, "title": "Mate"}}
        )
        expected = {"badgeColour": "Plum", "berth": 9, "marshal": True, "since": "2026-03-01T08:00:00Z"}
        read = client.get(f"Users/{user}").json()
        assert (read[URN], read["title"]) == (expected, "Mate")
        assert stored(larkfield, user) == {**first, "badge": "PLUM", "marshal": True, "place": {"berth": 9}}

        for condition, count in {
            f'{URN}:badgeColour eq "PLUM"': 1,
            f'{URN}:badgeColour eq "teal"': 0,
            f"{URN}:berth ge 9 and {URN}:marshal eq true": 1,
            f'{URN}:since lt "2026-03-01T08:00:00Z"': 0,
        }.items():
            page = client.get("Users", params={"filter": condition, "attributes": f"userName,{URN}:badgeColour"}).json()
            assert page["totalResults"] == count, condition
            assert all(r[URN] == {"badgeColour": "Plum"} for r in page["Resources"])

        patched(client, user, {"op": "Remove", "path": f"{URN}:badgeColour"})
        assert stored(larkfield, user)["badge"] == "NONE"
        assert "badgeColour" not in client.get(f"Users/{user}").json()[URN]


def test_a_value_of_another_type_is_refused_and_names_the_attribute(larkfield: Deployment) -> None:
    with larkfield.sync_client("larkfield") as client:
        body = {"schemas": [CORE], "userName": "bea@larkfield.example", URN: {"berth": "seven"}}
        answer = client.post("Users", json=body)
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
        assert f"{URN}:berth" in answer.json()["detail"]


def test_the_workspace_is_what_its_file_says(larkfield: Deployment, tmp_path: Path) -> None:
    database = ("--database", larkfield.facts["mongo_url"])
    exported = tmp_path / "again.yaml"
    ok("workspace", "export", "larkfield", "--output", str(exported), *database)
    assert json.loads(ok("workspace", "diff", "larkfield", str(exported), "--json", *database))["changes"] == []
    again = json.loads(ok("workspace", "import", "northgate", str(exported), "--dry-run", "--json", *database))
    assert {change["path"] for change in again["changes"]} >= {"profile", "schemas[0]", "plugins[1]"}
