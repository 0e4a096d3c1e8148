"""Nothing is tolerated in the profile ``strict``: what a dialogue needs tolerated is refused there as the RFC says.

Each dialogue is played in ``default``. Before an exchange that names tolerations its request is sent in ``strict``, and
once without each of them; that the dialogue goes on as written shows that the refused requests have changed nothing.
"""

import pytest

from scimserver.conformance.fixture import Dialogue, Exchange
from scimserver.conformance.reading import READ_OTHERWISE, REFUSALS
from scimserver.conformance.runner import Send, published_by, replay
from scimserver.scim.quirks import TOLERATIONS
from tests.web.conftest import Site

from .clients import application, applications, playable, server_of, title

__all__ = ["application", "applications"]

PLAYED = [played for played in playable() if any(exchange.tolerated for exchange in played[1].exchanges)]


@pytest.mark.parametrize(("folder", "dialogue"), PLAYED, ids=[title(*played) for played in PLAYED])
async def test_what_is_tolerated_is_refused_in_strict(folder: str, dialogue: Dialogue, site: Site) -> None:
    """And each toleration that is named is needed: a request is refused too where only that one is switched off."""
    tried: set[str] = set()

    async def refusals(exchange: Exchange, send: Send) -> list[str]:
        names = [name for name in exchange.tolerated if name in REFUSALS]
        found = await refusal(send, names, {"profile": "strict"}, {"profile": "default"}) if names else []
        for name in [name for name in names if name not in tried]:
            tried.add(name)
            # Otherwise a name that is not read as another one would just be left out.
            switches = {f"tolerate.{name}", "tolerate.unknown-attribute"}
            found += await refusal(send, [name], dict.fromkeys(switches, "off"), dict.fromkeys(switches, "default"))
        return found

    async def refusal(send: Send, names: list[str], off: dict[str, str], on: dict[str, str]) -> list[str]:
        await site.app.workspaces.set(site.slug, off)
        answer = await send()
        await site.app.workspaces.set(site.slug, on)
        allowed = {scim_type for name in names for scim_type in REFUSALS[name]}
        if answer.status_code == 400 and answer.json().get("scimType") in allowed:
            return []
        return [f"  with {off}: expected 400 {sorted(allowed)}, got {answer.status_code} {answer.text[:300]}"]

    server = server_of(site)
    await replay(dialogue, server, await published_by(server), before=refusals)


def test_every_toleration_is_refused_or_read_otherwise() -> None:
    assert REFUSALS.keys().isdisjoint(READ_OTHERWISE)
    assert REFUSALS.keys() | READ_OTHERWISE.keys() == TOLERATIONS.keys()
