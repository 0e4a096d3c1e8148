"""Secret Tokens over time: cached, used, revoked elsewhere, and a database that is away."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scimserver.errors import ScimError, Unauthorized, Unavailable
from scimserver.secret_tokens import new_token
from scimserver.service.credentials import CACHE_SECONDS
from scimserver.service.tokens import TokenService
from scimserver.store.tokens import TokenStore

from .conftest import Tenant


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    moment = time.monotonic() + seconds
    monkeypatch.setattr("scimserver.service.credentials.time.monotonic", lambda: moment)


async def make(tenant: Tenant, **options: Any) -> tuple[str, str]:
    workspace = await tenant.app.workspaces.show(tenant.slug)
    record, text = await tenant.app.tokens.create(workspace, **options)
    return record.public_id, text


async def enters(tenant: Tenant, header: str | None, service: TokenService | None = None) -> bool:
    try:
        await (service or tenant.app.tokens).authenticate(tenant.ctx.workspace, header, "pytest")
    except Unauthorized:
        return False
    return True


async def test_a_secret_is_stored_only_as_a_keyed_hash(tenant: Tenant) -> None:
    public_id, text = await make(tenant, label="Entra ID")
    stored = await tenant.app.database["tokens"].find_one({"_id": public_id})
    assert stored is not None and stored["label"] == "Entra ID"
    secret = text.split("_")[2]
    assert secret[:43] not in str(stored) and secret.encode()[:43] not in bytes(stored["hash"])


async def test_a_token_of_another_secret_key_is_refused(tenant: Tenant) -> None:
    _, text = await make(tenant)
    other = TokenService(TokenStore(tenant.app.database), "another-key-" * 4)
    assert await enters(tenant, f"Bearer {text}")
    assert not await enters(tenant, f"Bearer {text}", other)


async def test_the_right_id_with_another_secret_is_refused(tenant: Tenant) -> None:
    public_id, _ = await make(tenant)
    forged = type(new_token())(public_id, new_token().secret).text
    assert not await enters(tenant, f"Bearer {forged}")


async def test_a_revocation_elsewhere_is_seen_when_the_cached_record_ends(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id, text = await make(tenant)
    assert await enters(tenant, f"Bearer {text}")
    elsewhere = TokenService(TokenStore(tenant.app.database), "any-key-" * 5)
    await elsewhere.revoke(public_id)
    assert await enters(tenant, f"Bearer {text}"), "at most five seconds old"
    later(monkeypatch, CACHE_SECONDS + 0.1)
    assert not await enters(tenant, f"Bearer {text}")


async def test_the_last_use_is_written_at_most_once_a_minute(tenant: Tenant) -> None:
    public_id, text = await make(tenant)
    writes = []
    original = TokenStore.note_use

    async def note_use(self: TokenStore, *args: Any) -> None:
        writes.append(args)
        await original(self, *args)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TokenStore, "note_use", note_use)
        for _ in range(5):
            assert await enters(tenant, f"Bearer {text}")
        await tenant.app.tokens.close()
    assert len(writes) == 1
    (row,) = [r.to_json() for r in await tenant.app.tokens.list(await tenant.app.workspaces.show(tenant.slug))]
    assert row["id"] == public_id and row["last_client"] == "pytest"
    assert datetime.now(UTC) - datetime.fromisoformat(row["last_used"]) < timedelta(minutes=1)


async def test_a_refused_token_is_not_noted_as_used(tenant: Tenant) -> None:
    public_id, text = await make(tenant, expires=datetime.now(UTC) - timedelta(seconds=1))
    assert not await enters(tenant, f"Bearer {text}")
    await tenant.app.tokens.close()
    stored = await tenant.app.database["tokens"].find_one({"_id": public_id})
    assert stored is not None and stored["last_used"] is None


async def test_a_database_that_is_away_is_no_wrong_token(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = await make(tenant)

    async def away(*_: Any) -> None:
        raise Unavailable("The database is not reachable.")

    monkeypatch.setattr(TokenStore, "get", away)
    with pytest.raises(Unavailable):
        await enters(tenant, f"Bearer {text}")


async def test_a_failed_note_of_use_does_not_fail_the_request(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = await make(tenant)

    async def away(*_: Any) -> None:
        raise ScimError("The database is not reachable.")

    monkeypatch.setattr(TokenStore, "note_use", away)
    assert await enters(tenant, f"Bearer {text}")
    await tenant.app.tokens.close()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic x", "scs_x", "Bearer scs_a_b", "Bearer \0"])
async def test_a_header_that_is_no_token_is_refused(tenant: Tenant, header: str | None) -> None:
    assert not await enters(tenant, header)
