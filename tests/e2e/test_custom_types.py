"""Resource types given as data on a real server: configured, served, unique, mapped, and each in its workspace."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .deployment import Deployment

TESTS = Path(__file__).parents[1]
FILES = [str(path) for path in sorted((TESTS / "devices").glob("*.json"))]
DEVICE = "urn:ietf:params:scim:schemas:core:2.0:Device"
MAB = "urn:ietf:params:scim:schemas:extension:ethernet-mab:2.0:Device"
PLUGIN = f'''
from scimserver.hookspecs import PluginInfo, hookimpl

@hookimpl
def scim_plugin_info():
    return PluginInfo("inventory", "A line for the inventory.")

@hookimpl
def scim_map(context, resource):
    if context.resource_type != "Device":
        return None
    return {{"mac": resource["{MAB}"]["deviceMacAddress"].lower(), "in_use": resource["active"]}}
'''


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    plugins = tmp_path_factory.mktemp("plugins")
    (plugins / "inventory.py").write_text(PLUGIN)
    return {
        "SCIMSERVER_SCHEMAS__FILES": json.dumps(FILES),
        "SCIMSERVER_PLUGINS__DIRS": json.dumps([str(plugins)]),
        "SCIMSERVER_PLUGINS__DEFAULT": json.dumps(["profile", "inventory"]),
    }


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Deployment]:
    data = tmp_path_factory.mktemp("devices") / "data"
    running = Deployment(data, ["larkfield", "northgate"], environment).start()
    yield running
    running.stop()


def lamp(mac: str, **changes: object) -> dict[str, object]:
    return {"schemas": [DEVICE, MAB], "active": True, "displayName": "Lamp", MAB: {"deviceMacAddress": mac}, **changes}


async def made(client: httpx.AsyncClient, body: dict[str, object]) -> dict[str, str]:
    response = await client.post("Devices", json=body)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def test_a_device_is_unique_mapped_and_read_by_the_application(deployment: Deployment) -> None:
    async with deployment.client("larkfield") as client:
        device = await made(client, lamp("AA:00:00:00:00:01"))
        again = await client.post("Devices", json=lamp("aa:00:00:00:00:01"))
        assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
        assert f"`{MAB}:deviceMacAddress`" in again.json()["detail"]
        disable = {"op": "replace", "path": "active", "value": False}
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [disable]}
        assert (await client.patch(f"Devices/{device['id']}", json=body)).status_code == 200
    with deployment.mongo() as mongo:
        resources = mongo[deployment.facts["database"]].resources
        stored = resources.find_one({"type": "Device", "app.mac": "aa:00:00:00:00:01", "deleted": None})
        assert stored is not None
        assert (stored["_id"], stored["app"]) == (device["id"], {"mac": "aa:00:00:00:00:01", "in_use": False})


async def test_devices_of_two_workspaces_never_mix(deployment: Deployment) -> None:
    async with deployment.client("larkfield") as one, deployment.client("northgate") as two:
        device = await made(one, lamp("AA:00:00:00:00:02", externalId="two"))
        assert (await two.get(f"Devices/{device['id']}")).status_code == 404
        assert (await two.get("Devices")).json()["totalResults"] == 0
        assert (await two.get("Devices", params={"filter": 'externalId eq "two"'})).json()["totalResults"] == 0
        await made(two, lamp("AA:00:00:00:00:02"))
        assert (await two.get("Devices")).json()["totalResults"] == 1
        assert (await two.delete(f"Devices/{device['id']}")).status_code == 404
        assert (await one.get(f"Devices/{device['id']}")).status_code == 200


async def test_devices_are_there_after_a_kill(deployment: Deployment) -> None:
    async with deployment.client("northgate") as client:
        before = [await made(client, lamp(f"BB:00:00:00:00:{n:02}")) for n in range(5)]
        total = (await client.get("Devices")).json()["totalResults"]
        apps = [
            await client.post("EndpointApps", json={"applicationType": "telemetry", "applicationName": f"{n}"})
            for n in range(2)
        ]
        assert [a.status_code for a in apps] == [201, 201]
    deployment.kill()
    deployment.start()
    async with deployment.client("northgate") as client:
        page = (await client.get("Devices", params={"startIndex": total, "count": 5})).json()
        assert (page["totalResults"], [d["id"] for d in page["Resources"]]) == (total, [before[-1]["id"]])
        assert (await client.get("EndpointApps")).json()["totalResults"] == 2


def test_check_config_reads_the_files(tmp_path: Path) -> None:
    config = tmp_path / "scimserver.toml"
    broken = tmp_path / "gadgets.json"
    broken.write_text(json.dumps({"name": "Gadget", "endpoint": "/Devices", "schema": DEVICE}))

    def check(*files: str) -> subprocess.CompletedProcess[str]:
        config.write_text(f'[security]\nsecret_key = "{"k" * 40}"\n[schemas]\nfiles = {json.dumps(files)}\n')
        command = [sys.executable, "-m", "scimserver", "check-config", "--config", str(config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    good = check(*FILES)
    assert (good.returncode, good.stderr) == (0, "")
    assert "Device at /Devices" in good.stdout
    bad = check(*FILES, str(broken))
    assert bad.returncode == 1
    assert bad.stderr.count("\n") == 1
    assert f"{broken}: `endpoint`: /Devices is taken by " in bad.stderr
