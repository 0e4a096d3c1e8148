"""One run as the command starts it: source and state, comparison, and what is said when it has to stop."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimserver.simulate import run as run_module
from scimserver.simulate.cycle import ConnectionFailed
from scimserver.simulate.journal import Journal
from scimserver.simulate.run import Options, run
from scimserver.simulate.wire import Retries, Wire

from .entra_world import EntraServer
from .fake_server import URL, refuse


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> EntraServer:
    found = EntraServer()

    async def sleep(seconds: float) -> None:
        pass

    def wire(options: Options, url: str, journal: Journal) -> Wire:
        retries = Retries(attempts=1)
        return Wire(url, options.token, journal=journal, transport=found.transport(), retries=retries, sleep=sleep)

    monkeypatch.setattr(run_module, "_wire", wire)
    return found


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options("entra", URL, "scs_1", users=12, groups=3, state=tmp_path / "lark.json", quiet=True)


async def test_a_run_ends_with_what_the_source_says(server: EntraServer, options: Options) -> None:
    outcome = await run(options)
    assert (outcome.good, outcome.report.differences, outcome.report.summary.failures) == (True, [], 0)
    assert [time.name for time in outcome.times] == ["initial cycle", "incremental cycle 2", "incremental cycle 3"]
    assert "No differences: the server holds what the source says." in outcome.text()
    assert outcome.report.writes == len(server.writes())


async def test_the_next_run_goes_on_and_cycles_0_writes_nothing(server: EntraServer, options: Options) -> None:
    await run(options)
    again = await run(replace(options, cycles=1, users=99))
    assert [time.name for time in again.times] == ["incremental cycle 4"]
    assert again.notes[0].startswith(f"Going on with {options.state} after cycle 3: ")
    server.asked.clear()
    reread = await run(replace(options, cycles=0, dialect="scim2"))
    assert (reread.good, reread.report.writes, server.writes()) == (True, 0, [])


async def test_what_somebody_changed_at_the_server_is_a_difference(server: EntraServer, options: Options) -> None:
    await run(replace(options, cycles=0))
    victim = next(user for user in server.users.values() if user["active"])
    victim["displayName"] = "Somebody"
    outcome = await run(replace(options, cycles=1))
    assert not outcome.good
    assert 'is "Somebody" and should be' in outcome.text()


async def test_a_file_is_the_source_and_its_edits_are_the_changes(
    server: EntraServer, options: Options, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    rows = ["objectId,userPrincipalName,mail,givenName,surname,displayName,mailNickname,jobTitle"]
    rows += [f"{n},{n}@larkfield.example,{n}@larkfield.example,{n.title()},Reid,{n} Reid,{n}," for n in ("ines", "bea")]
    path.write_text("\n".join(rows) + "\n")
    await run(replace(options, source=path, cycles=0))
    assert {user["userName"] for user in server.users.values()} == {"ines@larkfield.example", "bea@larkfield.example"}
    path.write_text("\n".join([*rows[:1], rows[1] + "Pilot"]) + "\n")
    outcome = await run(replace(options, source=path, cycles=1))
    assert outcome.good
    assert outcome.notes[0] == f"2 objects of {path} differ from the last run."
    assert [(user["userName"], user["title"]) for user in server.users.values()] == [
        ("ines@larkfield.example", "Pilot")
    ]


async def test_quarantine_is_told_and_kept(server: EntraServer, options: Options) -> None:
    server.scripted.append(refuse("GET", "/Users", 401, "unknown token"))
    for when in ("6 hours", "12 hours", "24 hours"):
        outcome = await run(options)
        assert not outcome.good
        assert "EncounteredQuarantineException" in outcome.report.quarantine
        assert "unknown token" in outcome.report.quarantine
        assert when in outcome.report.quarantine
    kept = json.loads(options.state.read_text())  # type: ignore[union-attr]
    assert kept["quarantine"]["attempts"] == 3
    server.scripted.clear()
    assert (await run(options)).good
    assert json.loads(options.state.read_text())["quarantine"] is None  # type: ignore[union-attr]


async def test_a_server_that_vanishes_stops_the_run_and_the_next_one_goes_on(
    server: EntraServer, options: Options
) -> None:
    def vanish(request: httpx.Request) -> httpx.Response | None:
        if len(server.asked) > 30:
            raise httpx.ConnectError("refused")
        return None

    server.scripted.append(vanish)
    outcome = await run(options)
    assert "did not answer 10 requests in a row" in outcome.problem
    assert not outcome.good
    server.scripted.clear()
    again = await run(options)
    assert (again.good, again.times[0].name) == (True, "initial cycle")
    names = [user["userName"] for user in server.users.values()]
    assert len(names) == len(set(names))


async def test_test_connection_that_fails_is_a_problem_of_its_own(server: EntraServer, options: Options) -> None:
    server.scripted.append(refuse("GET", "/Users", 500, "down"))
    with pytest.raises(ConnectionFailed, match="down"):
        await run(options)


async def test_on_demand_compares_nothing_and_tells_its_steps(server: EntraServer, options: Options) -> None:
    await run(replace(options, cycles=0))
    known = json.loads(options.state.read_text())  # type: ignore[union-attr]
    outcome = await run(replace(options, on_demand=known["directory"]["users"][0]["userPrincipalName"]))
    assert outcome.good
    assert outcome.report.differences is None
    assert "Match: known by its cached id" in outcome.text()


async def test_json_has_the_same_facts(server: EntraServer, options: Options) -> None:
    outcome: dict[str, Any] = (await run(options)).json()
    assert outcome["good"] is True
    assert outcome["cycles"][0]["name"] == "initial cycle"
    assert (outcome["differences"], outcome["quarantine"], outcome["problem"]) == ([], None, None)
    json.dumps(outcome)


async def test_mapped_attributes_that_schemas_do_not_list_are_noted(server: EntraServer, options: Options) -> None:
    def schemas(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/Schemas"):
            return None
        urn = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
        return httpx.Response(200, json={"schemas": [urn], "totalResults": 0, "Resources": []})

    server.scripted.append(schemas)
    outcome = await run(replace(options, schemas=True, cycles=0))
    assert "/Schemas does not list displayName, which is mapped." in outcome.notes
