"""Schemas of a workspace from the command line, beside a server that learns of them by itself."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.badges import BADGE_URN, badges, text, tool

from .deployment import Deployment
from .test_processes import ok, refused

WITHIN = 5.5
"""Seconds: five until every process knows, and the time of a poll."""
SEEN = 'emails[type eq "work"].value'


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schemas") / "badges.json"
    path.write_text(json.dumps([badges(), *tool()]))
    return path


def command(deployment: Deployment, *arguments: str) -> Any:
    return json.loads(ok("schema", *arguments, "--json", "--database", deployment.facts["mongo_url"]))


def wait(deployment: Deployment, workspace: str, *, there: bool) -> float:
    """Wait until the server knows of the schema, or does not any more; returns the seconds."""
    began = time.monotonic()
    with deployment.sync_client(workspace) as client:
        while (client.get(f"Schemas/{BADGE_URN}").status_code == 200) is not there:
            assert time.monotonic() - began < WITHIN
            time.sleep(0.1)
    return time.monotonic() - began


def test_a_schema_set_by_a_command_is_served_within_five_seconds_in_its_workspace(
    deployment: Deployment, file: Path
) -> None:
    database = ("--database", deployment.facts["mongo_url"])
    with deployment.sync_client("larkfield") as client, deployment.sync_client("northgate") as other:
        assert client.get(f"Schemas/{BADGE_URN}").status_code == 404
        assert "would be added" in ok("schema", "set", "larkfield", str(file), "--dry-run", *database)
        assert command(deployment, "list", "larkfield") == []
        done = command(deployment, "set", "larkfield", str(file))
        assert done["added"] == [BADGE_URN, "Tool", tool()[0]["schema"]]
        wait(deployment, "larkfield", there=True)
        assert other.get(f"Schemas/{BADGE_URN}").status_code == 404
        assert other.get("Tools").status_code == 404
        body = {"userName": "ada@larkfield.example", BADGE_URN: {"badgeNumber": "B-1", "badgeColour": "amber"}}
        assert client.post("Users", json=body).status_code == 201
        again = client.post("Users", json={**body, "userName": "ben@larkfield.example"})
        assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
        found = client.get("Users", params={"filter": f'{BADGE_URN}:badgeColour eq "AMBER"'}).json()
        assert found["totalResults"] == 1
        assert client.post("Tools", json={"label": "Saw"}).status_code == 201
    listed = ok("schema", "list", "larkfield", *database)
    assert BADGE_URN in listed and "/Tools" in listed
    assert "no schema of its own" in ok("schema", "list", "northgate", *database)
    assert json.loads(ok("schema", "show", "larkfield", "Tool", *database)) == tool()[0]
    targets = ok("schema", "targets", "larkfield", "--markdown", *database)
    assert f"| `{BADGE_URN}:badgeColour` | String | ✓ |  |" in targets and f"| `{SEEN}` |" in targets
    assert BADGE_URN in ok("schema", "targets", "larkfield", *database)


def test_a_schema_in_use_is_kept_and_forced_out(deployment: Deployment, file: Path, tmp_path: Path) -> None:
    database = ("--database", deployment.facts["mongo_url"])
    command(deployment, "set", "larkfield", str(file))
    wait(deployment, "larkfield", there=True)
    with deployment.sync_client("larkfield") as client:
        body = {"userName": "cleo@larkfield.example", BADGE_URN: {"berth": 4}}
        user = client.post("Users", json=body).json()
        error = refused("schema", "remove", "larkfield", BADGE_URN, *database)
        assert "of type User ha" in error and "force it" in error
        assert command(deployment, "remove", "larkfield", BADGE_URN, "--force")["removed"] == [BADGE_URN]
        wait(deployment, "larkfield", there=False)
        assert BADGE_URN not in client.get(f"Users/{user['id']}").json()
        wrong = tmp_path / "wrong.json"
        wrong.write_text(json.dumps(badges(berth=text())))
        assert "such as `berth2`" in refused("schema", "set", "larkfield", str(wrong), *database)
        # It comes back with the keys of what is stored, which takes the time until every process writes them.
        back = command(deployment, "set", "larkfield", str(file))
        assert any(path.endswith(":badgeNumber") for path in back["keys_made"])
        wait(deployment, "larkfield", there=True)
        assert client.get(f"Users/{user['id']}").json()[BADGE_URN] == {"berth": 4}
        assert client.get("Users", params={"filter": f'{BADGE_URN}:badgeNumber eq "b-1"'}).json()["totalResults"] == 1
    assert "no schema or resource type `Nothing`" in refused("schema", "remove", "larkfield", "Nothing", *database)
    assert "does not exist" in refused("schema", "set", "larkfield", "none.json", *database, status=2)
    assert "There is no workspace" in refused("schema", "list", "nobody", *database)
