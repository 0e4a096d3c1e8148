"""A person for whom an expression of the mapping cannot be evaluated fails alone, and is told of."""

from dataclasses import replace

import pytest

from scimserver.expressions import compile_expression
from scimserver.simulate.compare import compare
from scimserver.simulate.mapping.mapping import Attribute, Mapping

from .entra_world import EntraServer, changed, entra
from .people import person, source

HIRED = Attribute("title", expression=compile_expression('FormatDateTime([hired], , "yyyyMMdd", "yyyy")'))


@pytest.fixture
def mapping() -> Mapping:
    shipped = Mapping.load(None, "entra")
    return replace(shipped, users=(*(row for row in shipped.users if row.target != "title"), HIRED))


def names(server: EntraServer) -> set[str]:
    return {user["userName"].partition("@")[0] for user in server.users.values()}


async def test_the_others_are_provisioned_and_the_journal_names_target_and_rule(mapping) -> None:
    server = EntraServer()
    directory = source(person("ines", hired="20310402"), person("tomas", hired="soon"), person("bea", hired=None))
    async with entra(server, directory, mapping=mapping) as service:
        await service.initial_cycle()
        found = await compare(service.wire, directory, mapping, service.scope, service.state)
    assert names(server) == {"ines", "bea"}
    (entry,) = [entry for entry in service.journal.entries if entry.code]
    assert (entry.code, entry.source_id, entry.result, entry.status) == ("ExpressionFailed", "p-tomas", "failure", None)
    assert entry.detail.startswith("title: ")
    assert "soon" not in entry.detail
    (difference,) = found
    assert str(difference).startswith("user tomas@larkfield.example is missing: title: ")


async def test_who_is_there_already_stays_as_it_was_and_is_a_difference(mapping) -> None:
    server = EntraServer()
    directory = source(person("ines", hired="20310402"))
    async with entra(server, directory, mapping=mapping) as service:
        await service.initial_cycle()
        directory.people["p-ines"]["hired"] = "soon"
        await service.incremental_cycle(changed("p-ines"))
        found = await compare(service.wire, directory, mapping, service.scope, service.state)
    (user,) = server.users.values()
    assert user["title"] == "2031"
    (difference,) = found
    assert " cannot be mapped: title: " in str(difference)


async def test_it_is_provisioned_as_soon_as_the_source_is_right(mapping) -> None:
    server = EntraServer()
    directory = source(person("ines", hired="soon"))
    async with entra(server, directory, mapping=mapping) as service:
        await service.initial_cycle()
        directory.people["p-ines"]["hired"] = "20310402"
        await service.incremental_cycle(changed("p-ines"))
        assert await compare(service.wire, directory, mapping, service.scope, service.state) == []
    assert names(server) == {"ines"}
