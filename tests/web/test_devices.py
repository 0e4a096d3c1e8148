"""The devices of RFC 9944, given as data: what holds for users holds for them, without a line of code."""

from typing import Any

import httpx
import pytest

from scimserver.hookspecs import MapContext
from scimserver.schema.catalogue import load_schemas
from scimserver.service.application import Application

from .conftest import Site
from .custom import custom_application, found, made, patch_of, refused

DEVICE = "urn:ietf:params:scim:schemas:core:2.0:Device"
APP = "urn:ietf:params:scim:schemas:core:2.0:EndpointApp"
EXTENSION = "urn:ietf:params:scim:schemas:extension:{}:2.0:Device"
BLE, MAB, DPP, FDO, APPS, PASS_KEY = (
    EXTENSION.format(name)
    for name in ("ble", "ethernet-mab", "dpp", "fido-device-onboard", "endpointAppsExt", "pairingPassKey")
)


@pytest.fixture
def application() -> Application:
    return custom_application()


def monitor(**changes: Any) -> dict[str, Any]:
    """A heart monitor that speaks Bluetooth."""
    return {
        "schemas": [DEVICE, BLE, PASS_KEY],
        "displayName": "Ward 3 monitor",
        "active": True,
        "mudUrl": "https://monitors.example/mud.json",
        BLE: {
            "deviceMacAddress": "2C:54:91:88:C9:E3",
            "isRandom": False,
            "versionSupport": ["5.3", "5.4"],
            "separateBroadcastAddress": ["AA:BB:88:77:22:11", "AA:BB:88:77:22:12"],
            "pairingMethods": [PASS_KEY],
            "mobility": True,
            "irk": "kept to ourselves",
        },
        PASS_KEY: {"key": 123456},
        **changes,
    }


async def test_a_device_lives_from_post_to_delete(client: httpx.AsyncClient) -> None:
    device = await made(client, "Devices", monitor(externalId="ward-3"))
    sent = monitor(externalId="ward-3")
    del sent[BLE]["irk"]
    assert {name: device[name] for name in sent if name != "schemas"} == {
        n: v for n, v in sent.items() if n != "schemas"
    }
    assert set(device["schemas"]) == {DEVICE, BLE, PASS_KEY}
    assert device["id"].startswith("device_")
    assert device["meta"]["resourceType"] == "Device"
    assert device["meta"]["location"].endswith(f"/Devices/{device['id']}")
    address = f"Devices/{device['id']}"

    disabled = await client.patch(address, json=patch_of({"op": "replace", "path": "active", "value": False}))
    assert disabled.status_code == 200
    assert disabled.json()["active"] is False
    assert disabled.headers["ETag"] == 'W/"2"'

    put = await client.put(address, json=monitor(displayName="Ward 4 monitor"))
    assert put.status_code == 200
    assert put.json()["displayName"] == "Ward 4 monitor"
    assert "externalId" not in put.json()

    assert (await client.delete(address)).status_code == 204
    refused(await client.get(address), 404, None, "Device")
    refused(await client.delete(address), 404, None)
    assert (await client.get("Devices")).json()["totalResults"] == 0


async def test_versions_are_conditions_for_devices_too(client: httpx.AsyncClient) -> None:
    device = await made(client, "Devices", monitor())
    address, version = f"Devices/{device['id']}", device["meta"]["version"]
    assert (await client.get(address, headers={"If-None-Match": version})).status_code == 304
    rename = patch_of({"op": "replace", "path": "displayName", "value": "Ward 5"})
    assert (await client.patch(address, json=rename, headers={"If-Match": version})).status_code == 200
    refused(await client.put(address, json=monitor(), headers={"If-Match": version}), 412, None)
    refused(await client.delete(address, headers={"If-Match": version}), 412, None)


async def test_a_device_that_breaks_its_schema_is_refused(client: httpx.AsyncClient) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"active": None}, ["`active` is required"]),
        ({"active": "perhaps"}, ["`active`", "expected a boolean"]),
        ({BLE: {"versionSupport": ["5.3"], "pairingMethods": [PASS_KEY]}}, [f"`{BLE}:deviceMacAddress` is required"]),
        ({BLE: {**monitor()[BLE], "versionSupport": [5.3]}}, [f"`{BLE}:versionSupport[0]`"]),
        ({MAB: {}, "schemas": [DEVICE, MAB], BLE: "off"}, [f"`{BLE}`"]),
        ({DPP: {"dppVersion": 2}}, [f"`{DPP}:bootstrapKey` is required"]),
        ({PASS_KEY: {"key": "123456x"}}, [f"`{PASS_KEY}:key`", "expected a whole number"]),
    ]
    for change, texts in cases:
        refused(await client.post("Devices", json=monitor(**change)), 400, "invalidValue", *texts)
    assert (await client.get("Devices")).json()["totalResults"] == 0


async def test_each_extension_of_the_rfc_is_accepted_and_keeps_its_secrets(client: httpx.AsyncClient) -> None:
    body = {
        "schemas": [DEVICE, MAB, DPP, FDO],
        "active": True,
        MAB: {"deviceMacAddress": "2C:54:91:88:C9:E4"},
        DPP: {"dppVersion": 2, "bootstrapKey": "secret", "bootstrappingMethod": ["QR"], "classChannel": ["81/1"]},
        FDO: {"fdoVoucher": "secret"},
    }
    device = await made(client, "Devices", body)
    assert device[MAB] == body[MAB]
    assert device[DPP] == {"dppVersion": 2, "bootstrappingMethod": ["QR"], "classChannel": ["81/1"]}
    assert FDO not in device
    assert FDO in device["schemas"]
    for parameters in ({}, {"attributes": f"{FDO}:fdoVoucher,{DPP}:bootstrapKey"}):
        answer = await client.get(f"Devices/{device['id']}", params=parameters)
        assert "secret" not in answer.text


async def test_applications_of_a_device_get_their_address(client: httpx.AsyncClient, site: Site) -> None:
    apps = [
        await made(client, "EndpointApps", {"applicationType": kind, "applicationName": f"{kind} of Larkfield"})
        for kind in ("deviceControl", "telemetry")
    ]
    values = [{"value": app["id"], "$ref": "https://elsewhere.example/"} for app in apps]
    device = await made(client, "Devices", monitor(**{APPS: {"applications": values}}))
    base = f"{site.app.settings.server.public_url}{site.path}"
    assert device[APPS]["applications"] == [
        {"value": app["id"], "$ref": f"{base}/EndpointApps/{app['id']}"} for app in apps
    ]
    assert await found(client, "Devices", f'{APPS}:applications.value eq "{apps[1]["id"]}"') == [device["id"]]
    assert await found(client, "Devices", f'{APPS}:applications[value eq "app_unknown"]') == []


async def test_what_only_the_server_sets_is_left_out_and_what_is_fixed_stays(client: httpx.AsyncClient) -> None:
    body = {
        "applicationType": "telemetry",
        "applicationName": "Charts",
        "clientToken": "mine",
        "groups": [{"value": "g"}],
    }
    app = await made(client, "EndpointApps", body)
    assert "clientToken" not in app
    assert "groups" not in app
    address = f"EndpointApps/{app['id']}"
    refused(await client.put(address, json={**body, "applicationType": "deviceControl"}), 400, "mutability")
    token = patch_of({"op": "add", "path": "clientToken", "value": "mine"})
    refused(await client.patch(address, json=token), 400, "mutability", "clientToken")
    certificate = {"certificateInfo": {"rootCA": "d2hhdA=="}}
    refused(await client.put(address, json={**body, **certificate}), 400, "invalidValue", "certificateInfo.subjectName")
    certificate["certificateInfo"]["subjectName"] = "CN=charts"
    assert (await client.put(address, json={**body, **certificate})).json()["certificateInfo"] == certificate[
        "certificateInfo"
    ]


async def test_two_types_do_not_mix_in_lists_filters_and_addresses(client: httpx.AsyncClient) -> None:
    device = await made(client, "Devices", monitor(externalId="same"))
    app = await made(
        client, "EndpointApps", {"externalId": "same", "applicationType": "telemetry", "applicationName": "Charts"}
    )
    for endpoint, own, other in (("Devices", device, app), ("EndpointApps", app, device)):
        page = (await client.get(endpoint)).json()
        assert (page["totalResults"], [r["id"] for r in page["Resources"]]) == (1, [own["id"]])
        assert await found(client, endpoint, 'externalId eq "same"') == [own["id"]]
        assert await found(client, endpoint, 'externalId sw "sam"') == [own["id"]]
        assert await found(client, endpoint, f'id eq "{other["id"]}"') == []
        for method in ("GET", "DELETE"):
            refused(await client.request(method, f"{endpoint}/{other['id']}"), 404, None)
    assert (await client.get("Users")).json()["totalResults"] == 0


async def test_filters_find_a_device(client: httpx.AsyncClient) -> None:
    device = await made(client, "Devices", monitor())
    await made(client, "Devices", {"active": False, "displayName": "Lamp"})
    for condition in (
        'displayName eq "WARD 3 monitor"',
        f'{BLE}:deviceMacAddress eq "2c:54:91:88:c9:e3"',
        f'{BLE}:versionSupport eq "5.4"',
        f'{BLE}:separateBroadcastAddress co "22:12" and active eq true',
        f"{PASS_KEY}:key gt 100000",
        'mudUrl sw "https://monitors"',
        f"{BLE}:mobility eq true and not ({BLE}:isRandom eq true)",
        f'schemas eq "{BLE}"',
        'meta.resourceType eq "Device" and active eq true',
    ):
        assert await found(client, "Devices", condition) == [device["id"]], condition


async def test_patch_reaches_into_extensions_of_a_device(client: httpx.AsyncClient) -> None:
    device = await made(client, "Devices", monitor())
    changed = await client.patch(
        f"Devices/{device['id']}",
        json=patch_of(
            {"op": "add", "path": f"{BLE}:versionSupport", "value": ["6.0"]},
            {"op": "remove", "path": f"{BLE}:mobility"},
            {"op": "replace", "path": f"{PASS_KEY}:key", "value": 654321},
            {"op": "add", "value": {MAB: {"deviceMacAddress": "00:00:00:00:00:01"}}},
        ),
    )
    assert changed.status_code == 200, changed.text
    body = changed.json()
    assert body[BLE]["versionSupport"] == ["5.3", "5.4", "6.0"]
    assert "mobility" not in body[BLE]
    assert body[PASS_KEY] == {"key": 654321}
    assert MAB in body["schemas"]


async def test_a_page_of_devices_is_a_slice_in_order_of_creation(client: httpx.AsyncClient) -> None:
    ids = []
    for number in range(5):
        ids.append((await made(client, "Devices", {"active": True, "displayName": f"Lamp {number}"}))["id"])
        await made(client, "EndpointApps", {"applicationType": "telemetry", "applicationName": f"App {number}"})
    page = (await client.get("Devices", params={"startIndex": 2, "count": 3, "attributes": "displayName"})).json()
    assert (page["totalResults"], page["itemsPerPage"]) == (5, 3)
    assert [r["id"] for r in page["Resources"]] == ids[1:4]
    assert set(page["Resources"][0]) == {"schemas", "id", "displayName"}


async def test_discovery_tells_of_devices(client: httpx.AsyncClient) -> None:
    types = {t["name"]: t for t in (await client.get("ResourceTypes")).json()["Resources"]}
    assert list(types) == ["User", "Group", "Device", "EndpointApp", "Sample"]
    assert (types["Device"]["endpoint"], types["Device"]["schema"]) == ("/Devices", DEVICE)
    assert {"schema": BLE, "required": False} in types["Device"]["schemaExtensions"]
    schemas = {s["id"]: s for s in (await client.get("Schemas")).json()["Resources"]}
    for extension in types["Device"]["schemaExtensions"]:
        assert (await client.get(f"Schemas/{extension['schema']}")).json() == schemas[extension["schema"]]
    irk = next(a for a in schemas[BLE]["attributes"] if a["name"] == "irk")
    assert (irk["mutability"], irk["returned"]) == ("writeOnly", "never")
    refused(await client.get("Gadgets"), 404, None, "/Devices, /EndpointApps")


async def test_shipped_plugins_leave_a_device_alone(client: httpx.AsyncClient, site: Site) -> None:
    device = await made(client, "Devices", monitor())
    stored = await site.app.database["resources"].find_one({"_id": device["id"]})
    assert stored is not None
    assert (stored["type"], stored["app"]) == ("Device", {})
    assert stored["map"] != ""


@pytest.mark.parametrize("plugin", ["profile", "work_address"])
def test_a_shipped_plugin_maps_nothing_of_an_unknown_type(plugin: str) -> None:
    from importlib import import_module

    module = import_module(f"scimserver_plugins.{plugin}")
    resource = {"userName": "x", "displayName": "x", "addresses": [{"type": "work", "formatted": "x"}]}
    context = MapContext("larkfield", plugin, {"prefer": "formatted", "clean": False}, "Device")
    assert module.scim_map(context=context, resource=resource) is None


def test_the_shipped_types_know_nothing_of_devices() -> None:
    assert [t.name for t in load_schemas().resource_types] == ["User", "Group"]
