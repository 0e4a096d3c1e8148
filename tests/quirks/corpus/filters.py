"""A filter, or the filter in a path, is written another way."""

from ..cases import ENTERPRISE, Case, Refused, find, patch, post, replace
from .values import MANAGER, NAME

_INES = post(
    "Users",
    userName=NAME,
    active=True,
    externalId="jyoung",
    emails=[{"type": "work", "value": NAME, "primary": True}],
    roles=[{"value": "editor", "primary": True}],
    **{ENTERPRISE: {"manager": {"value": "{theo}"}}},
)
_ROLES = {**_INES.body, "roles": [{"value": "owner", "primary": True}]}
del _ROLES["schemas"]
_QUOTES = ('between double quotes: "…"',)

CASES = [
    Case(
        "externalId", "unquoted-value", 41, _INES,
        wrong=find("Users", "externalId eq jyoung"),
        legal=find("Users", 'externalId eq "jyoung"'),
        after=[NAME],
        strict=Refused(400, "invalidFilter", ("externalId", *_QUOTES)),
    ),
    Case(
        "before another term", "unquoted-value", 41, _INES,
        wrong=find("Users", f"userName eq {NAME} and active eq true"),
        legal=find("Users", f'userName eq "{NAME}" and active eq true'),
        after=[NAME],
        strict=Refused(400, "invalidFilter", ("userName", *_QUOTES)),
    ),
    Case(
        "in a filter", "literal-as-string", 24, _INES,
        wrong=find("Users", 'roles[primary eq "True" and value eq "editor"]'),
        legal=find("Users", 'roles[primary eq true and value eq "editor"]'),
        after=[NAME],
        strict=Refused(400, "invalidFilter", ("primary", "true or false is expected")),
    ),
    Case(
        "in the path of a PATCH", "literal-as-string", 24, _INES,
        wrong=patch("Users", replace('roles[primary eq "True"].value', "owner")),
        legal=patch("Users", replace("roles[primary eq true].value", "owner")),
        after=_ROLES,
        strict=Refused(400, "invalidPath", ("primary", "true or false is expected")),
    ),
    Case(
        "True", "literal-letter-case", 24, _INES,
        wrong=find("Users", f'active eq True and userName eq "{NAME}"'),
        legal=find("Users", f'active eq true and userName eq "{NAME}"'),
        after=[NAME],
        strict=Refused(400, "invalidFilter", ("active", "true or false is expected")),
    ),
    Case(
        "the work address", "value-path-compared", 42, _INES,
        wrong=find("Users", f'emails[type eq "work"] eq "{NAME}"'),
        legal=find("Users", f'emails[type eq "work" and value eq "{NAME}"]'),
        after=[NAME],
        strict=Refused(400, "invalidFilter", ("filter",)),
    ),
    Case(
        "the manager", "complex-compared", 43, _INES,
        wrong=find("Users", f'{MANAGER} eq "{{theo}}"'),
        legal=find("Users", f'{MANAGER}.value eq "{{theo}}"'),
        after=[NAME],
        strict=Refused(400, "invalidFilter", ("manager", "manager.value")),
    ),
]  # fmt: skip
