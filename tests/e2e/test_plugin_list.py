"""``plugin list --workspace``: what a workspace may use and what it lists, beside a running server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import scimserver_plugins.examples

from .deployment import Deployment

EXAMPLES = str(Path(scimserver_plugins.examples.__file__).parent)
PLUGINS = {
    "SCIMSERVER_PLUGINS__DIRS": json.dumps([EXAMPLES]),
    "SCIMSERVER_PLUGINS__ONLY": json.dumps({"initials": ["larkfield"]}),
}


@pytest.mark.slow
def test_a_workspace_sees_its_own_plugins_in_its_order(tmp_path: Path) -> None:
    demo = Deployment(tmp_path / "data", ["larkfield", "northgate"], environment=PLUGINS).start()

    def scimserver(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scimserver", *arguments, "--database", demo.facts["mongo_url"]]
        return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, cwd=tmp_path)

    def listed(workspace: str, **environment: str) -> list[dict[str, Any]]:
        done = scimserver("plugin", "list", "--workspace", workspace, "--json", **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    try:
        changed = scimserver("workspace", "set", "larkfield", "plugins=initials,profile", **PLUGINS)
        assert changed.returncode == 0, changed.stderr
        larkfield = listed("larkfield", **PLUGINS)
        assert [(plugin["name"], plugin["place"]) for plugin in larkfield[:3]] == [
            ("initials", 1), ("profile", 2), ("cost_centre", None),
        ]  # fmt: skip
        assert "initials" not in [plugin["name"] for plugin in listed("northgate", **PLUGINS)]
        refused = scimserver("workspace", "set", "northgate", "plugins=initials", **PLUGINS)
        assert refused.returncode == 1

        # A command that runs without the plugins' folder says what is missing.
        (missing, *_) = listed("larkfield")
        assert (missing["name"], missing["installed"], missing["place"]) == ("initials", False, 1)
        assert "NOT INSTALLED" in scimserver("plugin", "list", "--workspace", "larkfield").stdout
        assert scimserver("plugin", "list", "--workspace", "nobody").returncode == 1
    finally:
        demo.stop()
