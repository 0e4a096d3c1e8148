"""Records of admin keys as they are stored."""

import json
from datetime import timedelta

import pytest

from scimserver.secret_tokens import ADMIN_KEY, hash_secret, matches, new_token
from scimserver.store.admin_keys import AdminKeyStore
from scimserver.store.documents import now
from scimserver.store.driver import Database
from scimserver.store.failures import DuplicateKey
from scimserver.store.indexes import ensure_indexes

KEY = b"a key of the deployment"


@pytest.fixture
async def store(database: Database) -> AdminKeyStore:
    await ensure_indexes(database)
    return AdminKeyStore(database)


async def test_a_record_is_read_back_as_it_was_made_without_its_secret(
    store: AdminKeyStore, database: Database
) -> None:
    key, expires = new_token(ADMIN_KEY), now() + timedelta(hours=1)
    made = await store.create(key.public_id, hash=hash_secret(KEY, key.secret), label="Ines", expires=expires)
    assert await store.get(key.public_id) == made and await store.get("nobody") is None
    assert matches(KEY, key.secret, made.hash)
    assert key.secret not in repr(await database["admin_keys"].find_one({}))
    assert "hash" not in json.dumps(made.to_json())


async def test_the_list_is_newest_first(store: AdminKeyStore, database: Database) -> None:
    for name in ("older", "newer"):
        await store.create(name, hash=b"h" * 32, label=None, expires=None)
    await database["admin_keys"].update_one({"_id": "older"}, {"$set": {"created": now() - timedelta(days=1)}})
    assert [record.public_id for record in await store.list()] == ["newer", "older"]


async def test_a_revoked_key_stays_revoked_and_its_use_is_noted(store: AdminKeyStore) -> None:
    await store.create("one", hash=b"h" * 32, label=None, expires=None)
    moment = now()
    await store.note_use("one", moment, "curl")
    revoked = await store.revoke("one")
    assert revoked is not None and not revoked.usable(now()) and revoked.state(now()) == "revoked"
    assert (revoked.last_used, revoked.last_client) == (moment, "curl")
    assert await store.revoke("one") == revoked and await store.revoke("nobody") is None


async def test_a_public_id_exists_once(store: AdminKeyStore) -> None:
    await store.create("same", hash=b"h" * 32, label=None, expires=None)
    with pytest.raises(DuplicateKey):
        await store.create("same", hash=b"x" * 32, label=None, expires=None)
