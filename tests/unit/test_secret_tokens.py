"""The Secret Token: its form, its checksum and its keyed hash."""

import re

import pytest

from scimserver.secret_tokens import ADMIN_KEY, SecretToken, hash_secret, matches, new_token, parse_token

KEY = b"a key of the deployment"


def test_a_token_has_the_documented_form_and_is_short() -> None:
    text = new_token().text
    assert re.fullmatch(r"scs_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", text)
    assert len(text.encode()) < 200


def test_the_secret_has_at_least_256_bits() -> None:
    assert 62 ** len(new_token().secret) >= 2**256


def test_a_token_is_read_back() -> None:
    token = new_token()
    assert parse_token(token.text) == token


def test_tokens_differ() -> None:
    made = [new_token() for _ in range(200)]
    assert len({token.public_id for token in made}) == len({token.secret for token in made}) == 200


@pytest.mark.parametrize("position", [0, 3, 4, 10, 16, 17, 40, 60, 65])
def test_one_wrong_character_is_noticed(position: int) -> None:
    text = new_token().text
    other = "x" if text[position] != "x" else "y"
    assert parse_token(text[:position] + other + text[position + 1 :]) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: " " + text,
        lambda text: text + "\n",
        lambda text: text.upper(),
        lambda text: text.replace("_", "-"),
        lambda text: text.replace("scs", "ghp"),
        lambda text: text[:20] + "é" + text[21:],
        lambda text: text[:20] + "٣" + text[21:],
        lambda text: text * 1000,
        lambda text: "Bearer " + text,
    ],
)
def test_what_is_not_a_token_is_none(change) -> None:  # type: ignore[no-untyped-def]
    assert parse_token(change(new_token().text)) is None


def test_the_representation_shows_no_secret() -> None:
    token = new_token()
    assert token.secret not in repr(token)
    assert token.public_id in repr(token)


def test_a_secret_matches_its_own_hash_only() -> None:
    stored = hash_secret(KEY, "a secret")
    assert len(stored) == 32
    assert matches(KEY, "a secret", stored)
    assert not matches(KEY, "another secret", stored)
    assert not matches(b"another key", "a secret", stored)
    assert not matches(KEY, "a secret", b"")


def test_the_checksum_covers_the_public_id_too() -> None:
    token = new_token()
    foreign = SecretToken(new_token().public_id, token.secret).text
    assert parse_token(foreign[:-6] + token.text[-6:]) is None


def test_an_admin_key_is_no_secret_token_and_the_other_way_round() -> None:
    key, token = new_token(ADMIN_KEY), new_token()
    assert re.fullmatch(r"sca_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", key.text)
    assert parse_token(key.text, ADMIN_KEY) == key
    assert parse_token(key.text) is None and parse_token(token.text, ADMIN_KEY) is None
    assert parse_token("scs" + key.text[3:]) is None, "the checksum covers the kind"
