"""The fast validator and the explaining one give one verdict: on generated users, right and wrong."""

import random
from base64 import b64encode
from typing import Any

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from scimserver.schema.attributes import Attribute, ResourceType
from scimserver.schema.catalogue import load_schemas
from scimserver.schema.texts import BINARY
from scimserver.schema.validation import resource_schema

USER = load_schemas().resource_type("User")
SCHEMA = resource_schema(USER)
FAST = jsonschema_rs.Draft202012Validator(SCHEMA)
SLOW = Draft202012Validator(SCHEMA)

TEXTS = ["", "\n", "a\n", "é", "🦊", "TWlu", "TWlu\n", "ab=c"]
ODD = [*TEXTS, None, True, 0, 1.0, 1.5, 10**30, [], {}, [None], {"value": 1}]
"""Values at which two implementations of JSON Schema are likely to differ."""


def right(attribute: Attribute) -> st.SearchStrategy[Any]:
    one: st.SearchStrategy[Any]
    if attribute.type == "complex":
        one = st.fixed_dictionaries({}, optional={sub.name: right(sub) for sub in attribute.sub_attributes})
    elif attribute.type == "boolean":
        one = st.booleans()
    elif attribute.type == "binary":
        one = st.binary(max_size=12).map(lambda data: b64encode(data).decode())
    else:
        one = st.text(max_size=8)
    return st.lists(one, max_size=2) if attribute.multi_valued else one


def somewhat_wrong(attribute: Attribute) -> st.SearchStrategy[Any]:
    odd = st.sampled_from(ODD)
    subs = {sub.name: st.one_of(right(sub), odd) for sub in attribute.sub_attributes}
    inner = st.fixed_dictionaries({}, optional=subs)
    return st.one_of(odd, inner, st.lists(st.one_of(inner, odd), max_size=2))


def users(user: ResourceType, wrong: bool) -> st.SearchStrategy[dict[str, Any]]:
    def values(attribute: Attribute) -> st.SearchStrategy[Any]:
        return st.one_of(right(attribute), somewhat_wrong(attribute)) if wrong else right(attribute)

    core = {a.name: values(a) for a in user.schema.attributes}
    name = core.pop("userName") if wrong else st.text(min_size=1, max_size=8)
    (enterprise,) = user.extensions
    extension = st.fixed_dictionaries({}, optional={a.name: values(a) for a in enterprise.attributes})
    core.pop("userName", None)
    return st.fixed_dictionaries({"userName": name}, optional={**core, enterprise.id: extension})


@given(users(USER, wrong=False))
def test_both_accept_right_users(resource: dict[str, Any]) -> None:
    assert FAST.is_valid(resource)
    assert SLOW.is_valid(resource)


@given(users(USER, wrong=True))
def test_both_judge_wrong_users_alike(resource: dict[str, Any]) -> None:
    assert FAST.is_valid(resource) == SLOW.is_valid(resource)


def test_both_read_the_pattern_of_base64_alike() -> None:
    schema = {"pattern": BINARY}
    fast, slow = jsonschema_rs.Draft202012Validator(schema), Draft202012Validator(schema)
    good = "TWluZQ=="
    dice = random.Random(20310203)
    verdicts = set()
    pieces = ["", "\n", "\r", "=", "9", "Z", "T", "٣", "é", "+", " ", "\u2028", "ſ"]
    for _ in range(2000):
        text = list(good)
        for _ in range(dice.randrange(3)):
            text[dice.randrange(len(text))] = dice.choice(pieces)
        written = "".join(text) + dice.choice(["", "", "\n", "\x85"])
        verdict = slow.is_valid(written)
        assert fast.is_valid(written) == verdict, ascii(written)
        verdicts.add(verdict)
    assert verdicts == {True, False}
