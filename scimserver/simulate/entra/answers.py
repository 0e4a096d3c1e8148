"""What Entra ID makes of an answer: its name for each error, and what it cannot read (idp-clients §2.2, §6.1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..mapping.targets import ENTERPRISE
from ..wire import Answer, Request

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
INCOMPATIBLE = "SystemForCrossDomainIdentityManagementServiceIncompatible"
BAD_REQUEST = "SystemForCrossDomainIdentityManagementBadRequest"
MULTIPLE_ENTRIES = "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse"
DUPLICATE = "DuplicateTargetEntries"
INVALID_ANCHOR = "InvalidAnchor"
CONFLICT = "EntryConflict"
MISSING = "MissingValues"

BY_STATUS = {
    0: "Timeout",
    400: BAD_REQUEST,
    401: "InvalidCredentials",
    403: "InsufficientRights",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: CONFLICT,
    422: "UnprocessableEntity",
    429: "TooManyRequests",
    501: "NotImplemented",
}
BOOLEANS = frozenset({"active", "primary"})


def judge(request: Request, answer: Answer) -> tuple[str, str]:
    """Return Entra's code for what is wrong with an answer, and what is wrong if the status does not say it."""
    if answer.status not in request.expect:
        return _code(request, answer), ""
    if request.method == "DELETE" or answer.status not in (200, 201):
        return "", ""
    if _has_unwanted_members(request, answer.body):
        return MULTIPLE_ENTRIES, "`members` is in the answer though `excludedAttributes` says that it must not be."
    fault = next(_faults(request, answer.body), "")
    return (INCOMPATIBLE, fault) if fault else ("", "")


def _code(request: Request, answer: Answer) -> str:
    if answer.status == 404 and request.method in ("GET", "PATCH") and _one_resource(request):
        return INVALID_ANCHOR
    if answer.status not in BY_STATUS and answer.status >= 500:
        return "InternalServerError"
    return BY_STATUS.get(answer.status, f"Unexpected{answer.status}")


def _one_resource(request: Request) -> bool:
    return request.path.count("/") > 1


def _has_unwanted_members(request: Request, body: Any) -> bool:
    if request.params.get("excludedAttributes") != "members" or not isinstance(body, dict):
        return False
    found = body.get("Resources", [body])
    return isinstance(found, list) and any(isinstance(one, dict) and "members" in one for one in found)


def _faults(request: Request, body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        yield "The answer is not a JSON object."
    elif request.method == "GET" and not _one_resource(request):
        yield from _list_faults(body)
    else:
        yield from _resource_faults(body)


def _list_faults(body: Mapping[str, Any]) -> Iterator[str]:
    if LIST_RESPONSE not in (body.get("schemas") or ()):
        yield f"`schemas` does not name {LIST_RESPONSE}: a query is always answered with a list, also for 0 or 1 hits."
    for name in ("totalResults", "startIndex", "itemsPerPage"):
        if name in body and not _is_integer(body[name]):
            yield f"`{name}` is {_kind(body[name])} where an integer belongs."
    if "totalResults" not in body:
        yield "`totalResults` is missing from the list."
    resources = body.get("Resources")
    if not isinstance(resources, list):
        yield "`Resources` is missing from the list: an empty one must be there too."
        return
    for resource in resources:
        yield from _resource_faults(resource)


def _resource_faults(resource: Any) -> Iterator[str]:
    if not isinstance(resource, dict):
        yield "A resource is not a JSON object."
        return
    if not isinstance(resource.get("id"), str) or not resource["id"]:
        yield "The resource has no `id`: it cannot be found again."
    for place, value in _booleans(resource):
        if value is not None and not isinstance(value, bool):
            yield f"`{place}` is {_kind(value)} where a boolean belongs."
    if "manager" in resource:
        yield "`manager` is at the top level: it belongs into the enterprise extension."
    manager = _enterprise(resource).get("manager")
    if manager is not None and not isinstance(manager, dict):
        yield f"`manager` is {_kind(manager)} where an object with `value` belongs."


def _enterprise(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    found = resource.get(ENTERPRISE)
    return found if isinstance(found, dict) else {}


def _booleans(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every place where the core schema has a boolean."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in BOOLEANS:
                yield f"{place}{name}", inner
            elif not place:
                yield from _booleans(inner, f"{name}.")
    elif isinstance(value, list):
        for element in value:
            yield from _booleans(element, place) if isinstance(element, dict) else ()


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    names = {str: "a text", int: "a number", float: "a number", bool: "a boolean", list: "a list", dict: "an object"}
    return names.get(type(value), "null")
