"""Records of Secret Tokens as they are stored."""

import json
from datetime import timedelta

import pytest

from scimserver.secret_tokens import hash_secret, matches, new_token
from scimserver.store.documents import now
from scimserver.store.driver import Database
from scimserver.store.failures import DuplicateKey
from scimserver.store.indexes import ensure_indexes
from scimserver.store.tokens import TokenRecord, TokenStore

KEY = b"a key of the deployment"


@pytest.fixture
async def store(database: Database) -> TokenStore:
    await ensure_indexes(database)
    return TokenStore(database)


async def make(store: TokenStore, ws: str = "ws_1", public_id: str = "", hours: int | None = None) -> TokenRecord:
    expires = now() + timedelta(hours=hours) if hours is not None else None
    return await store.create(public_id or new_token().public_id, ws=ws, hash=b"h" * 32, label="Entra", expires=expires)


async def test_a_record_is_read_back_as_it_was_made(store: TokenStore) -> None:
    created = await make(store, hours=1)
    assert await store.get(created.public_id) == created


async def test_the_stored_hash_verifies_the_secret_and_no_other(store: TokenStore) -> None:
    token = new_token()
    await store.create(token.public_id, ws="ws_1", hash=hash_secret(KEY, token.secret), label=None, expires=None)
    record = await store.get(token.public_id)
    assert record is not None
    assert matches(KEY, token.secret, record.hash)
    assert not matches(KEY, new_token().secret, record.hash)


async def test_no_document_holds_the_secret(store: TokenStore, database: Database) -> None:
    token = new_token()
    await store.create(token.public_id, ws="ws_1", hash=hash_secret(KEY, token.secret), label=None, expires=None)
    document = await database.tokens.find_one({})
    assert document is not None
    assert token.secret not in repr(document)


async def test_an_unknown_public_id_is_none(store: TokenStore) -> None:
    assert await store.get("nobody") is None


async def test_a_public_id_exists_once(store: TokenStore) -> None:
    await make(store, "ws_1", "same")
    with pytest.raises(DuplicateKey):
        await make(store, "ws_2", "same")


async def test_the_list_is_of_one_workspace_newest_first(store: TokenStore, database: Database) -> None:
    await make(store, "ws_1", "older")
    await make(store, "ws_1", "newer")
    await make(store, "ws_2", "foreign")
    await database.tokens.update_one({"_id": "older"}, {"$set": {"created": now() - timedelta(days=1)}})
    assert [record.public_id for record in await store.list("ws_1")] == ["newer", "older"]


async def test_a_fresh_token_is_usable_until_it_expires(store: TokenStore) -> None:
    record = await make(store, hours=1)
    assert record.usable(now())
    assert record.state(now()) == "active"
    later = now() + timedelta(hours=2)
    assert not record.usable(later)
    assert record.state(later) == "expired"


async def test_a_token_without_expiry_stays_usable(store: TokenStore) -> None:
    assert (await make(store)).usable(now() + timedelta(days=10_000))


async def test_a_revoked_token_is_not_usable_and_another_one_is(store: TokenStore) -> None:
    one, other = await make(store), await make(store)
    revoked = await store.revoke(one.public_id)
    assert revoked is not None
    assert not revoked.usable(now())
    assert revoked.state(now()) == "revoked"
    still = await store.get(other.public_id)
    assert still is not None
    assert still.usable(now())


async def test_revoking_twice_keeps_the_first_moment(store: TokenStore) -> None:
    record = await make(store)
    assert await store.revoke(record.public_id) == await store.revoke(record.public_id)


async def test_revoking_an_unknown_token_is_none(store: TokenStore) -> None:
    assert await store.revoke("nobody") is None


async def test_the_last_use_is_noted(store: TokenStore) -> None:
    record, moment = await make(store), now()
    await store.note_use(record.public_id, moment, "192.0.2.7")
    used = await store.get(record.public_id)
    assert used is not None
    assert (used.last_used, used.last_client) == (moment, "192.0.2.7")


async def test_noting_the_use_of_a_deleted_token_does_not_bring_it_back(store: TokenStore) -> None:
    await store.note_use("nobody", now(), "192.0.2.7")
    assert await store.get("nobody") is None


async def test_what_commands_print_holds_no_hash(store: TokenStore) -> None:
    shown = (await make(store, hours=1)).to_json()
    assert shown["state"] == "active"
    assert "hash" not in json.dumps(shown)
