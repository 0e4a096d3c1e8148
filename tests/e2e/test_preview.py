"""``scimserver preview`` beside a running server."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .deployment import Deployment

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SETTLE_SECONDS = 2.5
"""After which the server has written the log of the requests before, and the use of their token."""
VOLATILE = ("counters", "deployment", "processes")
"""What the running server itself writes now and then."""


def preview(
    deployment: Deployment, *arguments: str, given: str = "", status: int = 0
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scimserver", "preview", *arguments, "--database", deployment.facts["mongo_url"]]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def stored(deployment: Deployment) -> dict[str, Any]:
    with deployment.mongo() as client:
        database = client[deployment.facts["database"]]
        names = [name for name in database.list_collection_names() if name not in VOLATILE]
        return {name: sorted(database[name].find({}), key=lambda d: str(d["_id"])) for name in names}


@pytest.fixture
def ines(deployment: Deployment, request: pytest.FixtureRequest) -> str:
    """Id of a user of ``larkfield``."""
    body = {"schemas": [USER], "userName": request.node.name, "title": "Mate"}
    with deployment.sync_client("larkfield") as client:
        return str(client.post("Users", json=body).json()["id"])


def test_a_preview_is_what_then_happens_and_writes_nothing(deployment: Deployment, ines: str, tmp_path: Path) -> None:
    message = {"schemas": [PATCH_OP], "Operations": [{"op": "Replace", "path": "title", "value": "Pilot"}]}
    file = tmp_path / "patch.json"
    file.write_text(json.dumps(message))
    time.sleep(SETTLE_SECONDS)
    before = stored(deployment)
    told = json.loads(preview(deployment, "larkfield", str(file), "--id", ines, "--json").stdout)
    people = preview(deployment, "larkfield", str(file), "--id", ines).stdout
    assert stored(deployment) == before
    assert told["tolerations"] == {"operation-letter-case": ["op"]}
    assert 'title  "Mate" -> "Pilot"' in people
    with deployment.sync_client("larkfield") as client:
        assert client.patch(f"Users/{ines}", json=message).status_code == 200
    (user,) = [u for u in stored(deployment)["users"] if u["_id"] == ines]
    assert told["document"] == user["app"]
    assert told["revision"] == user["map"]


def test_refusals_are_those_of_the_server(deployment: Deployment, ines: str) -> None:
    with deployment.sync_client("larkfield") as client:
        for body in ('{"a":', "", json.dumps({"schemas": [USER]}), "[]", '{"a":' * 200 + "1" + "}" * 200, "null"):
            answer = client.post("Users", content=body.encode())
            done = preview(deployment, "larkfield", "-", "--json", given=body, status=1)
            error = json.loads(done.stdout)["error"]
            assert answer.json()["detail"].startswith(error["detail"])
            assert (error["status"], error.get("scimType")) == (str(answer.status_code), answer.json().get("scimType"))
        name = json.dumps({"schemas": [USER], "userName": client.get(f"Users/{ines}").json()["userName"].upper()})
        answer = client.post("Users", content=name.encode())
        assert answer.status_code == 409
        told = json.loads(preview(deployment, "larkfield", "-", "--json", given=name, status=1).stdout)
        assert answer.json()["detail"].startswith(told["error"]["detail"])
    assert json.loads(preview(deployment, "northgate", "-", "--json", given=name).stdout)["accepted"]
    told = json.loads(preview(deployment, "northgate", "--id", ines, "--json", status=1).stdout)
    assert told["error"]["status"] == "404"


def test_a_draft_is_tried_on_a_sample(deployment: Deployment, ines: str, tmp_path: Path) -> None:
    draft = tmp_path / "mapping.yaml"
    draft.write_text("plugins:\n  - name: profile\n    settings: {}\n")
    told = json.loads(preview(deployment, "larkfield", "--sample", "5", "--draft", str(draft), "--json").stdout)
    assert told["sampled"] == min(5, told["total"])
    assert told["failed"] == 0
    draft.write_text("plugins:\n  - name: nonesuch\n")
    assert (
        "`nonesuch` is not installed"
        in preview(deployment, "larkfield", "--sample", "5", "--draft", str(draft), status=1).stdout
    )
    draft.write_text("plugins: &a []\nmore: *a\n")
    done = preview(deployment, "larkfield", "--id", ines, "--draft", str(draft), status=1)
    assert done.stderr.startswith(f"Error: {draft}: line 2")


def test_wrong_usage_and_unknown_names(deployment: Deployment) -> None:
    assert "no workspace `nobody`" in preview(deployment, "nobody", "-", given="{}", status=1).stderr
    patch = json.dumps({"Operations": []})
    assert "name it by its id" in preview(deployment, "larkfield", "-", given=patch, status=2).stderr
    assert "User, Group" in preview(deployment, "larkfield", "-", "--type", "Ship", given="{}", status=1).stderr
