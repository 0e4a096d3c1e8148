"""What client and server tell each other about media types and codings (RFC 9110 §8.3, §8.4, §12.5; RFC 7644 §3.8)."""

import re
from collections.abc import Sequence

from ..errors import NotAcceptable, UnsupportedMediaType

SCIM_JSON = "application/scim+json"
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
SCIM_TYPES = (SCIM_JSON, JSON)
"""Media types of a Tenant URL; what is sent has the first."""
CHARSETS = ("utf-8", "utf8", "us-ascii")
"""Names of UTF-8, and of the part of it that is spelt alike."""
GZIP = ("gzip", "x-gzip")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?")
_QUALITY = re.compile(r";\s*q\s*=\s*([0-9.]+)", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)


def check_accept(header: str | None, types: Sequence[str] = SCIM_TYPES) -> None:
    """Refuse to answer a client that takes none of our types of JSON.

    The answer is the first of them either way, so whoever takes one gets it. A header that names no media type at
    all is no wish; ``*`` alone stands for ``*/*``, as old clients write it.

    Raises:
        NotAcceptable: with the cure.
    """
    weights = _weights(header)
    if not weights:
        return
    anything = weights.get("*/*", weights.get("*", 0.0))
    if any(weights.get(wanted, weights.get("application/*", anything)) for wanted in types):
        return
    if len(types) == 1:
        raise NotAcceptable(
            f"Answers are `{types[0]}`, which `Accept` does not take: send it, or leave the header out."
        )
    raise NotAcceptable(
        f"Answers are `{types[0]}`, and `Accept` takes neither that nor `{types[1]}`: send one of the two, "
        "or leave the header out."
    )


def check_media_type(header: str | None, types: Sequence[str] = SCIM_TYPES) -> None:
    """Accept our types of JSON and no type at all, in UTF-8 (idp-clients §7: Entra, Okta).

    Raises:
        UnsupportedMediaType: anything else, with the cure.
    """
    media_type = (header or "").partition(";")[0].strip().lower()
    if media_type not in ("", *types):
        cure = " or ".join(f"`{wanted}`" for wanted in types)
        raise UnsupportedMediaType(f"`Content-Type: {media_type[:80]}` is not supported: send {cure}.")
    charset = _CHARSET.search(header or "")
    if charset and charset[1].lower() not in CHARSETS:
        raise UnsupportedMediaType(
            f"`charset={charset[1][:40]}` is not supported: send JSON in UTF-8 (RFC 8259 section 8.1)."
        )


def is_gzip(header: str | None) -> bool:
    """Read ``Content-Encoding``: whether the body has to be inflated.

    Raises:
        UnsupportedMediaType: any other coding, or several; its headers name the one that works.
    """
    codings = [coding for part in (header or "").split(",") if (coding := part.strip().lower()) not in ("", "identity")]
    if len(codings) > 1 or (codings and codings[0] not in GZIP):
        raise UnsupportedMediaType(
            f"`Content-Encoding: {', '.join(codings)[:80]}` is not supported: send the body plain, or gzip it once.",
            headers={"Accept-Encoding": "gzip"},
        )
    return bool(codings)


def takes_gzip(header: str | None) -> bool:
    """Read ``Accept-Encoding``: whether the client takes gzip, and would not rather have the plain answer."""
    weights = _weights(header)
    gzip = max((weights[name] for name in GZIP if name in weights), default=weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _weights(header: str | None) -> dict[str, float]:
    """Return what a header lists, in lower case, each with its weight; what is malformed is left out."""
    weights = {}
    for part in (header or "").split(","):
        name = part.partition(";")[0].strip().lower()
        if _TOKEN.fullmatch(name):
            weights[name] = _weight(part)
    return weights


def _weight(part: str) -> float:
    quality = _QUALITY.search(part)
    try:
        return float(quality[1]) if quality else 1.0
    except ValueError:
        return 1.0
