"""Generating, and keeping from logs"""

import uuid
from string import ascii_lowercase, ascii_uppercase, digits

from ..context import Context, Later
from ..limits import MAX_RANDOM
from ..problems import Refused
from ..registry import always, function
from ..values import Value, text

_SPECIAL = "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/"


@function("Guid()", varies=always)
def guid(context: Context) -> str:
    """Return a random GUID, a new one at each evaluation: not for what is matched or compared.

    Example: ``Guid()`` → ``"cd613e30-d8f1-4adf-91b7-584a2265b1f5"``
    """
    return str(uuid.UUID(int=context.random.getrandbits(128), version=4))


@function("RandomString(length, minNumbers, minSpecial, minCapital, minLower, charactersToAvoid)", varies=always)
def random_string(
    context: Context,
    length: int,
    min_numbers: int,
    min_special: int,
    min_capital: int,
    min_lower: int,
    characters_to_avoid: str = "",
) -> str:
    """Return a random text of at most 256 characters with at least so many of each kind, in any order.

    What length leaves over is filled with the kinds that were asked for; with digits and letters if none was.

    Example: ``RandomString(8, 2, 0, 1, 1, "l1O0")`` → ``"IqYd43XV"``
    """
    wanted = {digits: min_numbers, _SPECIAL: min_special, ascii_uppercase: min_capital, ascii_lowercase: min_lower}
    if not 0 <= length <= MAX_RANDOM:
        raise Refused(f"length must be from 0 to {MAX_RANDOM}")
    if min(wanted.values()) < 0 or sum(wanted.values()) > length:
        raise Refused("the least numbers must not be negative, nor together be more than length")
    asked = [kind for kind, least in wanted.items() if least] or [digits, ascii_uppercase, ascii_lowercase]
    kinds = [kind for kind, least in wanted.items() for _ in range(least)]
    kinds += ["".join(asked)] * (length - len(kinds))
    made = [_drawn(context, kind, characters_to_avoid) for kind in kinds]
    context.random.shuffle(made)
    return "".join(made)


def _drawn(context: Context, kind: str, avoided: str) -> str:
    allowed = [char for char in kind if char not in avoided]
    if not allowed:
        raise Refused("charactersToAvoid leaves none of a kind that is asked for")
    return context.random.choice(allowed)


@function("SelectUniqueValue(rule1, rule2, …)", top_level=True, varies=always)
def select_unique_value(context: Context, rule1: Later, rule2: Later, *rules: Later) -> Value:
    """Return the first value that the target does not have yet; the outermost call only, two rules at least.

    A rule that gives null or empty is passed over. It fails if all are taken. Entra offers it for provisioning into
    Active Directory only, and not for what is matched.

    Example: ``SelectUniqueValue([surname], Append([surname], "2"))`` → ``"Okafor"``
    """
    for rule in (rule1, rule2, *rules):
        value = rule.value()
        if value is not None and (candidate := text(value)) and not context.taken(candidate):
            return candidate
    raise Refused("the target has every one of the values already: add another rule")


@function("Redact(value)")
def redact(value: Later) -> Later:
    """Return the value; logs show ``[Redact]`` instead of it.

    Example: ``Redact([employeeId])`` → ``"40017"``
    """
    return value
