"""What every answer must hold, whatever its dialogue says: media type, headers, and the three messages of RFC 7644."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from .fixture import BODILESS, Exchange
from .patterns import is_cursor, is_etag
from .published import Asked, Published

MEDIA_TYPE = "application/scim+json; charset=utf-8"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

SCIM_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("invalidFilter", "tooMany", "mutability", "invalidSyntax", "invalidPath", "noTarget"), "400"),
    **dict.fromkeys(("invalidValue", "invalidVers", "invalidCursor", "expiredCursor", "invalidCount"), "400"),
    "uniqueness": "409",
    "sensitive": "403",
}
"""Every registered scimType with its status (RFC 7644 §3.12, RFC 9865 §2.1)."""


IGNORING = ("ServiceProviderConfig", "ResourceTypes", "Schemas")
"""Endpoints where parameters change nothing (RFC 7644 §4)."""


def problems(exchange: Exchange, sent: Any, answer: httpx.Response, body: Any, published: Published) -> Iterator[str]:
    """Yield what is wrong with an answer by itself; ``sent`` is the request's body, ``body`` the answer's."""
    if not answer.headers.get("X-Request-Id"):
        yield "header X-Request-Id: missing"
    if answer.status_code in BODILESS or exchange.request.method == "HEAD":
        if answer.content:
            yield f"body: {answer.status_code} to {exchange.request.method} must have none, got {answer.text[:200]}"
        return
    if answer.status_code < 300 and exchange.request.method == "OPTIONS":
        return
    if answer.headers.get("Content-Type") != MEDIA_TYPE:
        yield f"header Content-Type: expected {MEDIA_TYPE}, got {answer.headers.get('Content-Type')}"
    if not isinstance(body, dict):
        yield f"body: expected a JSON object, got {answer.text[:200]!r}"
    elif answer.status_code >= 400:
        yield from error_problems(body, str(answer.status_code), "body")
    elif body.get("schemas") == [LIST]:
        yield from _list_problems(body, _parameters(exchange, sent), published)
    elif body.get("schemas") == [BULK]:
        yield from _bulk_problems(body, _lowered(sent), published)
    else:
        yield from published.problems(body, _asked(_parameters(exchange, sent)), "body")
        yield from _header_problems(answer, body)


def error_problems(body: Any, status: str, place: str) -> Iterator[str]:
    """Yield what is wrong with an Error message (RFC 7644 §3.12)."""
    if not isinstance(body, dict) or body.get("schemas") != [ERROR]:
        yield f"{place}: is no Error message: {body!r}"
        return
    yield from _unknown(body, ("schemas", "status", "scimType", "detail"), place)
    if body.get("status") != status:
        yield f"{place}.status: expected the text {status!r}, got {body.get('status')!r}"
    if not isinstance(body.get("detail"), str) or not body["detail"]:
        yield f"{place}.detail: expected a text for people, got {body.get('detail')!r}"
    if "scimType" in body and SCIM_TYPES.get(body["scimType"]) != status:
        yield f"{place}.scimType: {body['scimType']!r} does not go with {status}"


def _parameters(exchange: Exchange, sent: Any) -> Mapping[str, Any]:
    """Return the query's parameters by lower-case name: of the address, or of a SearchRequest."""
    if exchange.request.path.split("/")[1] in IGNORING:
        return {}
    if exchange.request.path.endswith("/.search"):
        return _lowered(sent)
    return _lowered(dict(httpx.QueryParams(exchange.request.query)))


def _lowered(sent: Any) -> dict[str, Any]:
    """Return a message with lower-case names: SCIM names have no letter case (RFC 7643 §2.1)."""
    return {name.lower(): value for name, value in sent.items()} if isinstance(sent, dict) else {}


def _asked(parameters: Mapping[str, Any]) -> Asked:
    return Asked.of(parameters.get("attributes"), parameters.get("excludedattributes"))


def _header_problems(answer: httpx.Response, resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield where ``ETag`` and ``Location`` contradict the resource's ``meta``, or are missing."""
    meta = resource.get("meta", {})
    for header, name in (("ETag", "version"), ("Location", "location"), ("Content-Location", "location")):
        if header in answer.headers and name in meta and answer.headers[header] != meta[name]:
            yield f"header {header}: {answer.headers[header]} is not meta.{name} {meta[name]}"
    if "version" in meta and "ETag" not in answer.headers:
        yield "header ETag: missing"
    if answer.status_code == 201 and "Location" not in answer.headers:
        yield "header Location: missing"


def _list_problems(body: Mapping[str, Any], parameters: Mapping[str, Any], published: Published) -> Iterator[str]:
    by_cursor = "cursor" in parameters
    position = ("nextCursor", "previousCursor") if by_cursor else ("startIndex",)
    yield from _unknown(body, ("schemas", "totalResults", "itemsPerPage", "Resources", *position), "body")
    resources, total = body.get("Resources"), body.get("totalResults")
    if not isinstance(resources, list):
        yield f"body.Resources: expected a list, got {resources!r}"
        return
    if not (_counts(total, len(resources)) or (by_cursor and total is None)):
        yield f"body.totalResults: expected a number of at least {len(resources)}, got {total!r}"
    if body.get("itemsPerPage") != len(resources):
        yield f"body.itemsPerPage: expected {len(resources)}, got {body.get('itemsPerPage')!r}"
    if not by_cursor and body.get("startIndex") != max(1, int(parameters.get("startindex") or 1)):
        yield f"body.startIndex: got {body.get('startIndex')!r}, the request asked for {parameters.get('startindex')}"
    for name in ("nextCursor", "previousCursor"):
        if name in body and not is_cursor(body[name]):
            yield f"body.{name}: expected unreserved characters only, got {body[name]!r}"
    if parameters.get("count") not in (None, "") and len(resources) > max(0, int(parameters["count"])):
        yield f"body.Resources: {len(resources)} entries, the request asked for at most {parameters['count']}"
    ids = [resource.get("id") for resource in resources if isinstance(resource, dict)]
    if len(set(ids)) < len(ids):
        yield "body.Resources: has one resource twice"
    for number, resource in enumerate(resources):
        yield from published.problems(resource, _asked(parameters), f"body.Resources[{number}]")


def _bulk_problems(body: Mapping[str, Any], sent: Any, published: Published) -> Iterator[str]:
    yield from _unknown(body, ("schemas", "Operations"), "body")
    results, operations = body.get("Operations"), [_lowered(operation) for operation in sent.get("operations", [])]
    if not isinstance(results, list) or len(results) > len(operations):
        yield f"body.Operations: expected a list of at most {len(operations)} results, got {results!r}"
        return
    if len(results) < len(operations) and "failonerrors" not in sent:
        yield f"body.Operations: {len(results)} results of {len(operations)} operations, without failOnErrors"
    for number, (operation, result) in enumerate(zip(operations, results, strict=False)):
        yield from _result_problems(operation, result, published, f"body.Operations[{number}]")


def _result_problems(
    operation: Mapping[str, Any], result: Mapping[str, Any], published: Published, place: str
) -> Iterator[str]:
    """Yield what is wrong with one result of a bulk request (RFC 7644 §3.7.3)."""
    yield from _unknown(result, ("method", "bulkId", "version", "location", "status", "response"), place)
    for name, expected in (("method", operation["method"].upper()), ("bulkId", operation.get("bulkid"))):
        if result.get(name) != expected:
            yield f"{place}.{name}: expected {expected!r}, got {result.get(name)!r}"
    status = result.get("status")
    if not isinstance(status, str) or not status.isdigit():
        yield f"{place}.status: expected a text of digits, got {status!r}"
        return
    failed = int(status) >= 400
    if failed:
        yield from error_problems(result.get("response"), status, f"{place}.response")
    elif "response" in result:
        yield from published.problems(result["response"], Asked(), f"{place}.response")
    location = result.get("location")
    if location is None and not (failed and result.get("method") == "POST"):
        yield f"{place}.location: missing"
    elif location is not None and not str(location).startswith(f"{published.tenant_url}/"):
        yield f"{place}.location: is not below the Tenant URL: {location!r}"
    if "version" in result and not is_etag(result["version"]):
        yield f"{place}.version: is no entity tag: {result['version']!r}"


def _unknown(body: Mapping[str, Any], known: tuple[str, ...], place: str) -> Iterator[str]:
    for name in body:
        if name not in known:
            yield f"{place}.{name}: no such member in this message"


def _counts(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
