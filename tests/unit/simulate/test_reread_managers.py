"""Everything is read again: what became of the managers of people who have none any more."""

from scimserver.simulate.compare import compare
from scimserver.simulate.source.directory import Directory
from scimserver.simulate.state import State

from .entra_world import EntraServer, changed, entra
from .fake_server import URL
from .people import person, source


async def begun(server: EntraServer) -> tuple[State, Directory]:
    directory = source(person("ines"), person("tomas"), person("bea", manager="p-tomas"))
    state = State("entra", URL, directory)
    async with entra(server, directory, state=state) as service:
        await service.initial_cycle()
    return state, directory


async def reread(server: EntraServer, directory: Directory, state: State) -> list[str]:
    """Read everything again, and return the differences."""
    server.asked.clear()
    async with entra(server, directory, state=state) as service:
        await service.reread()
        return [str(one) for one in await compare(service.wire, directory, service.mapping, service.scope, state)]


async def test_a_manager_who_was_deleted_may_still_stand_there() -> None:
    server = EntraServer()
    state, directory = await begun(server)
    del directory.people["p-tomas"]
    directory.people["p-bea"]["manager"] = None
    async with entra(server, directory, state=state) as service:
        await service.incremental_cycle(changed("p-tomas", "p-bea"))
    assert await reread(server, directory, state) == []
    assert server.writes() == []


async def test_a_manager_who_was_taken_away_meanwhile_is_removed() -> None:
    server = EntraServer()
    state, directory = await begun(server)
    directory.people["p-bea"]["manager"] = None
    assert await reread(server, directory, state) == []
    assert [method for method, _, _ in server.writes()] == ["PATCH"]


async def test_where_nothing_changed_nothing_is_written() -> None:
    server = EntraServer()
    state, directory = await begun(server)
    assert await reread(server, directory, state) == []
    assert server.writes() == []
