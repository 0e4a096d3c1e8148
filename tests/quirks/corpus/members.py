"""A group is told of members that there are not."""

from ..cases import CREW, Case, Refused, add, patch, post, put, replace

_BOTH = [{"value": "{mia}", "type": "User"}, {"value": "{theo}", "type": "User"}]
_WITH_UNKNOWN = [{"value": "{theo}"}, {"value": "u_nobody"}, {"value": "{mia}"}]
_KNOWN = [{"value": "{theo}"}, {"value": "{mia}"}]
_REFUSED = Refused(400, "invalidValue", ("members", "u_nobody"))
_AFTER = {"displayName": "Crew", "members": _BOTH}

CASES = [
    Case(
        "one of three that are added", "unknown-member", 15, CREW,
        wrong=patch("Groups", add("members", _WITH_UNKNOWN)),
        legal=patch("Groups", add("members", _KNOWN)),
        after=_AFTER,
        strict=_REFUSED,
    ),
    Case(
        "one of three in a full list", "unknown-member", 15, CREW,
        wrong=patch("Groups", replace("members", _WITH_UNKNOWN)),
        legal=patch("Groups", replace("members", _KNOWN)),
        after=_AFTER,
        strict=_REFUSED,
    ),
    Case(
        "in a POST", "unknown-member", 15, None,
        wrong=post("Groups", displayName="Crew", members=_WITH_UNKNOWN),
        legal=post("Groups", displayName="Crew", members=_KNOWN),
        after=_AFTER,
        strict=_REFUSED,
    ),
    Case(
        "in a PUT", "unknown-member", 15, CREW,
        wrong=put("Groups", displayName="Crew", members=_WITH_UNKNOWN),
        legal=put("Groups", displayName="Crew", members=_KNOWN),
        after=_AFTER,
        strict=_REFUSED,
    ),
]  # fmt: skip
