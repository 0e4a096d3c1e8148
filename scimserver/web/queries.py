"""Queries as clients send them: parameters of a URL, or a SearchRequest (RFC 7644 §3.4.2 and §3.4.3, RFC 9865)."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InvalidCount, InvalidSyntax, InvalidValue
from ..schema.validation import check_message
from ..service.queries import Query
from ..settings import LimitSettings
from .base import ScimHandler
from .endpoints import ResourceTypeHandler

_TEXTS = {"filter": "filter", "sortBy": "sort_by", "sortOrder": "sort_order"}
_CHOICES = {"attributes": "attributes", "excludedAttributes": "excluded_attributes"}
_NUMBERS = ("startIndex", "count")
_MEMBERS = {name.lower(): name for name in ("schemas", *_TEXTS, *_CHOICES, *_NUMBERS, "cursor")}
_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_LARGEST = (1 << 63) - 1
"""A number that no list can have is as good as the largest that JSON readers take."""


class SearchHandler(ScimHandler):
    """``POST /.search``: a query in a body, where URLs are logged or too short."""

    OPERATIONS = {"POST": "search"}

    async def post(self) -> None:
        query = query_of_body(self.read_json(), self.app.settings.limits)
        self.send_json(await self.app.queries.query(self.ctx, self.ctx.workspace.catalogue.resource_types, query))


class TypeSearchHandler(ResourceTypeHandler):
    """``POST /Users/.search``: the same among the resources of one type."""

    OPERATIONS = {"POST": "search"}

    async def post(self) -> None:
        query = query_of_body(self.read_json(), self.app.settings.limits)
        self.send_json(await self.app.queries.query(self.ctx, [self.resource_type], query))


class RootHandler(ScimHandler):
    """``GET`` of the Tenant URL itself: a query over every resource type."""

    OPERATIONS = {"GET": "list", "HEAD": "list"}

    async def get(self) -> None:
        query = query_of_url(self.argument, self.app.settings.limits)
        self.send_json(await self.app.queries.query(self.ctx, self.ctx.workspace.catalogue.resource_types, query))


def query_of_url(argument: Callable[[str], str | None], limits: LimitSettings) -> Query:
    """Read the parameters of a URL; ``argument`` returns one by its name, or None.

    A blank one counts as left out, but for ``cursor``, where it asks for the first page, and for ``filter``: a client
    whose filter came out empty would take the first user it is shown for the one it looks for.

    Raises:
        InvalidValue: a number is none, or both ways of paging are asked for.
        InvalidCount: the page size cannot be used with a cursor.
    """
    given: dict[str, Any] = {}
    for name in (*_TEXTS, *_CHOICES, *_NUMBERS):
        text = argument(name)
        if text is not None and (text.strip() or name == "filter"):
            given[name] = text
    for name in given.keys() & _NUMBERS:
        text = given[name].strip()
        given[name] = int(text) if _INTEGER.fullmatch(text) else text
    if (cursor := argument("cursor")) is not None:
        given["cursor"] = cursor.strip()
    return _query(given, limits)


def query_of_body(body: Any, limits: LimitSettings) -> Query:
    """Read a SearchRequest; names are taken in any letter case, nulls and unknown ones as left out.

    Raises:
        InvalidSyntax: not a SearchRequest.
        InvalidValue, InvalidCount: as :func:`query_of_url`.
    """
    if not isinstance(body, dict):
        raise InvalidSyntax("The body must be a SearchRequest message: a JSON object.")
    given: dict[str, Any] = {}
    for sent, value in body.items():
        name = _MEMBERS.get(sent.lower())
        if name in given:
            raise InvalidSyntax(f"The body has `{name}` twice, in different letter case. Send it once.")
        if name is not None and value is not None:
            given[name] = value
    numbers = {name: given.pop(name) for name in _NUMBERS if name in given}
    check_message("SearchRequest", given)
    choices = {name: ",".join(given[name]) for name in _CHOICES if name in given}
    return _query({**given, **choices, **numbers}, limits)


def _query(given: Mapping[str, Any], limits: LimitSettings) -> Query:
    """Apply the rules that both forms share; numbers that are none are still as they were sent."""
    cursor = given.get("cursor")
    if cursor is not None and "startIndex" in given:
        raise InvalidValue(
            "`cursor` and `startIndex` are two ways of paging: send `cursor` alone, or leave it out to page by index."
        )
    members = {**_TEXTS, **_CHOICES}
    texts = {member: given[name] for name, member in members.items() if name in given}
    if cursor is not None:
        return Query(_cursor_count(given.get("count"), limits), cursor=cursor, **texts)
    start = min(max(_integer("startIndex", given, 1), 1), _LARGEST)
    count = min(max(_integer("count", given, limits.page_default), 0), limits.page_maximum)
    return Query(count, start, **texts)


def _cursor_count(sent: Any, limits: LimitSettings) -> int:
    """Return the page size of a cursor query (RFC 9865 §2): a negative one is 0, more than the maximum gives that."""
    if sent is None:
        return limits.page_default
    if not _is_integer(sent):
        raise InvalidCount(f"`count` must be a whole number from 0 to {limits.page_maximum} with a `cursor`.")
    return min(max(int(sent), 0), limits.page_maximum)


def _integer(name: str, given: Mapping[str, Any], default: int) -> int:
    """Return a number of index paging, whose range is brought right and not refused (RFC 7644 §3.4.2.4)."""
    sent = given.get(name, default)
    if not _is_integer(sent):
        raise InvalidValue(f"`{name}` must be a whole number, got `{json.dumps(sent)[:40]}`.")
    return int(sent)


def _is_integer(sent: Any) -> bool:
    return isinstance(sent, int) and not isinstance(sent, bool)
