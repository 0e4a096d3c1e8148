"""Nothing is tolerated in the profile ``strict``: what a dialogue needs tolerated is refused there as the RFC says.

Each dialogue is played in ``default``. Before an exchange that names tolerations its request is sent once in
``strict``; that the dialogue goes on as written shows that the refused request has changed nothing.
"""

from collections.abc import Iterable

import pytest

from scimserver.conformance.fixture import Dialogue, Exchange
from scimserver.conformance.runner import Send, published_by, replay
from scimserver.scim.quirks import TOLERATIONS
from tests.unit.web.conftest import Site

from .clients import application, playable, server_of, slugs, title

__all__ = ["application", "slugs"]

REFUSALS = {
    "boolean-as-string": {"invalidValue"},
    "complex-compared": {"invalidFilter"},
    "create-selected": {"noTarget"},
    "display-name": {"invalidValue"},
    "dot-after-urn": {"invalidPath"},
    "earlier-urn": {"invalidValue"},
    "empty-operations": {"invalidValue", "invalidSyntax"},
    "empty-path": {"invalidPath"},
    "list-for-single-value": {"invalidValue"},
    "literal-letter-case": {"invalidFilter"},
    "manager-id": {"invalidValue"},
    "operation-letter-case": {"invalidSyntax"},
    "patch-without-schemas": {"invalidValue", "invalidSyntax"},
    "path-as-key": {"invalidValue", "invalidPath"},
    "read-only-in-patch": {"mutability"},
    "reference-as-string": {"invalidValue"},
    "remove-absent": {"noTarget"},
    "schema-not-listed": {"invalidValue"},
    "schemas-missing": {"invalidValue"},
    "single-value-for-list": {"invalidValue"},
    "unknown-attribute": {"invalidValue", "invalidPath"},
    "unknown-member": {"invalidValue"},
    "unknown-schema": {"invalidValue"},
    "unquoted-value": {"invalidFilter"},
    "value-path-compared": {"invalidFilter"},
    "whole-number-with-fraction": {"invalidValue"},
    "without-urn": {"invalidPath", "invalidValue", "invalidFilter"},
}
"""Toleration → scimTypes of what a strict reading refuses instead."""

READ_OTHERWISE = {
    "drop-label-only-element": "a value that keeps only its type is legal",
    "empty-as-unassigned": "an empty text is a text",
    "literal-as-string": "a text equals no boolean, so the filter selects nothing",
    "remove-listed": "a value says nothing of what a remove takes away",
    "role-as-json": "a role's value may be any text",
}
"""Tolerations whose requests the RFC allows and means otherwise, with the reason; they are not sent in ``strict``."""

PLAYED = [
    (folder, dialogue)
    for folder, dialogue in playable()
    if any(exchange.tolerated for exchange in dialogue.exchanges)
]


@pytest.mark.parametrize(("folder", "dialogue"), PLAYED, ids=[title(*played) for played in PLAYED])
async def test_what_is_tolerated_is_refused_in_strict(folder: str, dialogue: Dialogue, site: Site) -> None:
    async def refused(exchange: Exchange, send: Send) -> Iterable[str]:
        allowed = {scim_type for name in exchange.tolerated for scim_type in REFUSALS.get(name, ())}
        if not allowed or exchange.response.status >= 400:
            return []
        await site.app.workspaces.set(site.slug, {"profile": "strict"})
        answer = await send()
        await site.app.workspaces.set(site.slug, {"profile": "default"})
        if answer.status_code == 400 and answer.json().get("scimType") in allowed:
            return []
        wanted = f"400 {' or '.join(sorted(allowed))} in strict for {', '.join(exchange.tolerated)}"
        return [f"  expected {wanted}, got {answer.status_code} {answer.text[:500]}"]

    server = server_of(site)
    await replay(dialogue, server, await published_by(server), before=refused)


def test_every_toleration_is_refused_or_read_otherwise() -> None:
    assert REFUSALS.keys().isdisjoint(READ_OTHERWISE)
    assert REFUSALS.keys() | READ_OTHERWISE.keys() == TOLERATIONS.keys()
