"""Plugins that do their worst: it ends their own write, and neither the next one nor the process."""

import copy
import subprocess
import sys
import textwrap
from datetime import UTC, datetime

import bson
import pytest
from structlog.testing import capture_logs

from scimserver.errors import Conflict, InvalidValue, PluginFailed
from scimserver.plugins import PluginManager
from tests import hostile

USER = {"id": "u_1", "userName": "ada@larkfield.example", "emails": [{"value": "ada@larkfield.example"}]}
STORED = {"made": ["before"], "card": {"name": "Ada"}}


@pytest.fixture(scope="module")
def manager() -> PluginManager:
    manager = PluginManager()
    manager.register(hostile, "hostile.py")
    return manager


def pipeline_of(manager, how):
    return manager.pipeline("acme", [{"name": "hostile", "settings": {"how": how}}])


@pytest.mark.parametrize("how", hostile.FAILS)
def test_a_hostile_mapper_is_blamed_and_harms_nothing_else(manager, how):
    user, stored = copy.deepcopy(USER), copy.deepcopy(STORED)
    pipeline = pipeline_of(manager, how)
    with capture_logs() as logs, pytest.raises(PluginFailed, match="`hostile`") as failure:
        pipeline.map("User", user, stored)
    assert failure.value.plugin == "hostile"
    assert len(failure.value.detail) < 600
    failure.value.detail.encode()
    assert "larkfield" not in f"{logs} {failure.value.detail}"
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (entry["plugin"], entry["workspace"], entry["resource"]) == ("hostile", "acme", "u_1")
    assert (user, stored) == (USER, STORED)
    # The next write of this workspace, and one of another.
    assert pipeline.map("User", {"id": "u_2", "userName": "spared"}) == {"spared": True}
    assert pipeline_of(manager, "nothing").map("User", user, stored) == {}


@pytest.mark.parametrize(
    ("how", "attribute"),
    [
        ("an object", "badge.lines.1"),
        ("dotted", "badge"),
        ("half a pair as name", "?"),
        ("no name", None),
        ("20 MB", "big"),
        ("raises", None),
    ],
)
def test_the_field_that_cannot_be_stored_is_named(manager, how, attribute):
    with capture_logs() as logs, pytest.raises(PluginFailed) as failure:
        pipeline_of(manager, how).map("User", USER)
    assert failure.value.attribute == attribute
    assert logs[-1].get("attribute") == attribute


@pytest.mark.parametrize("how", hostile.HARMLESS)
def test_what_goes_through_can_be_stored(manager, how):
    user, stored = copy.deepcopy(USER), copy.deepcopy(STORED)
    bson.encode(pipeline_of(manager, how).map("User", user, stored))
    assert (user, stored) == (USER, STORED)


def test_a_moment_of_a_subclass_becomes_a_plain_one(manager):
    moment = pipeline_of(manager, "an odd moment").map("User", USER)["at"]
    assert type(moment) is datetime
    assert moment == datetime(2026, 1, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raised", "answered"),
    [
        ("errors.InvalidValue('`userName`: no')", InvalidValue),
        ("errors.Conflict('no')", Conflict),
        ("errors.InvalidValue('x' * 5_000_000)", InvalidValue),
        ("errors.InvalidValue('\\ud800')", InvalidValue),
        ("errors.InvalidValue(7)", PluginFailed),
        ("errors.Conflict('no', headers={'X': 'a\\r\\nb'})", PluginFailed),
        ("errors.Conflict('no', headers={'X': 7})", PluginFailed),
        ("odd_status()", PluginFailed),
        ("asyncio.CancelledError()", PluginFailed),
        ("GeneratorExit()", PluginFailed),
        ("RecursionError()", PluginFailed),
        ("ValueError('`userName`: no')", PluginFailed),
    ],
)
def test_a_refusal_can_always_be_answered(make_plugin, make_pipeline, raised, answered):
    pipeline = make_pipeline(
        make_plugin(
            f"""
            import asyncio

            def odd_status():
                error = errors.InvalidValue("no")
                error.status = "400"
                return error

            @hookimpl
            def scim_validate(resource):
                if resource["userName"] != "spared":
                    raise {raised}
            """
        )
    )
    with capture_logs(), pytest.raises(answered) as refusal:
        pipeline.validate("User", USER)
    assert refusal.value.plugin == "probe"
    assert 0 < len(refusal.value.detail.encode()) <= 2000
    pipeline.validate("User", {"userName": "spared"})


def test_a_value_error_is_no_refusal_and_the_text_says_what_is(make_plugin, make_pipeline):
    source = "@hookimpl\ndef scim_validate(): raise {}('ada')"
    with pytest.raises(PluginFailed, match=r"\(ValueError\).*must raise scimserver\.errors\.InvalidValue") as failure:
        make_pipeline(make_plugin(source.format("ValueError"))).validate("User", USER)
    assert "ada" not in failure.value.detail
    with pytest.raises(PluginFailed) as failure:
        make_pipeline(make_plugin(source.format("KeyError"))).validate("User", USER)
    assert "InvalidValue" not in failure.value.detail


def test_ctrl_c_within_a_plugin_is_not_laid_at_its_door(make_plugin, make_pipeline):
    source = (
        "@hookimpl\ndef scim_map(): raise KeyboardInterrupt\n@hookimpl\ndef scim_validate(): raise KeyboardInterrupt"
    )
    pipeline = make_pipeline(make_plugin(source))
    for call in (pipeline.map, pipeline.validate):
        with pytest.raises(KeyboardInterrupt):
            call("User", USER)


def test_ctrl_c_within_a_coroutine_ends_the_process(tmp_path):
    (tmp_path / "probe.py").write_text(
        textwrap.dedent(
            """
            import asyncio
            from scimserver.hookspecs import PluginInfo, hookimpl
            from scimserver.plugins import PluginManager
            import sys

            @hookimpl
            def scim_plugin_info():
                return PluginInfo("probe")

            @hookimpl
            async def scim_after_commit():
                raise {"stop": KeyboardInterrupt, "exit": SystemExit}[sys.argv[1]]

            async def main():
                manager = PluginManager()
                manager.register(sys.modules["__main__"], "probe.py")
                await manager.pipeline("acme", [{"name": "probe"}]).after_commit([])
                print("went on")

            asyncio.run(main())
            """
        )
    )
    run = [sys.executable, str(tmp_path / "probe.py")]
    stopped = subprocess.run([*run, "stop"], capture_output=True, text=True, timeout=30)
    assert stopped.returncode != 0
    assert "KeyboardInterrupt" in stopped.stderr
    assert "went on" not in stopped.stdout
    went_on = subprocess.run([*run, "exit"], capture_output=True, text=True, timeout=30)
    assert went_on.returncode == 0, went_on.stderr
    assert "went on" in went_on.stdout
