"""The BulkRequest message (RFC 7644 §3.7): from JSON to operations that know to what they refer, and their order.

What is wrong with the message as such is refused as a whole, before anything is carried out: not the JSON types that
``schemas/messages/bulk_request.json`` asks for, or too many operations. What is wrong with one operation is that
operation's result, and the others go on.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import unquote

from ..errors import InvalidValue, MethodNotAllowed, NotFound, PayloadTooLarge, ScimError
from ..schema.attributes import ResourceType
from ..schema.catalogue import SchemaCatalogue
from ..schema.validation import check_message
from .messages import lower_names
from .ordering import in_order
from .reading import shown
from .references import Resolve, resolve_data, resolve_patch, resolve_text

Method = Literal["POST", "PUT", "PATCH", "DELETE"]

_REQUEST_NAMES = ("schemas", "failOnErrors", "Operations")
_OPERATION_NAMES = ("method", "bulkId", "version", "path", "data")


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation, checked as far as that needs no database."""

    index: int
    """Position in the request."""
    method: Method
    path: str
    """Address below the Tenant URL, with its leading slash."""
    bulk_id: str | None = None
    version: str | None = None
    """What a single request would send as ``If-Match``."""
    data: dict[str, Any] = field(default_factory=dict)
    resource_type: ResourceType | None = None
    """None only if there is a problem."""
    resource_id: str = ""
    """Empty for a POST; may be a reference."""
    references: frozenset[str] = frozenset()
    """The bulkIds to which path and data refer; each is that of a POST of the request."""
    problem: ScimError | None = None
    """Why this operation is refused without being tried."""

    def with_ids(self, ids: Mapping[str, str]) -> "BulkOperation":
        """Return the operation with the ids in the place of its references.

        Raises:
            KeyError: a name of :attr:`references` has no id.
        """
        if not self.references:
            return self
        resource_id = resolve_text(self.resource_id, ids.__getitem__)
        path = self.path.rpartition("/")[0] + f"/{resource_id}" if resource_id else self.path
        return replace(
            self, path=path, resource_id=resource_id, data=_resolved(self.method, self.data, ids.__getitem__)
        )


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """The operations in the order of the request."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None = None

    def steps(self) -> Iterator[list[BulkOperation]]:
        """Yield the operations in the order of execution; those that refer to each other in a circle are one step.

        An operation that refers to a later one waits for it, and so do later operations on the same resource. All
        others keep the order of the request: the outcome must be the one that it asks for (RFC 7644 §3.7).
        """
        creators = {o.bulk_id: o.index for o in self.operations if o.method == "POST"}
        latest: dict[tuple[str, str], int] = {}
        waits_for: list[set[int]] = []
        for operation in self.operations:
            before = {creators[name] for name in operation.references}
            if operation.resource_type and operation.resource_id:
                target = (operation.resource_type.name, operation.resource_id)
                if target in latest:
                    before.add(latest[target])
                latest[target] = operation.index
            waits_for.append(before)
        for step in in_order(waits_for):
            yield [self.operations[index] for index in step]


def read_bulk(body: Any, catalogue: SchemaCatalogue, base_url: str, max_operations: int) -> BulkRequest:
    """Read a BulkRequest message; names and methods in any letter case, nulls as if they were absent.

    ``base_url`` is the Tenant URL without a trailing slash: a path may be an absolute URL below it.

    Raises:
        InvalidSyntax: the message has not the form of a BulkRequest; names the place and the rule.
        PayloadTooLarge: more than ``max_operations`` operations (RFC 7644 §3.7.4).
    """
    message = _named(body, _REQUEST_NAMES, "The body") if isinstance(body, dict) else body
    listed = message.get("Operations") if isinstance(message, dict) else None
    if isinstance(listed, list):
        if len(listed) > max_operations:
            raise PayloadTooLarge(
                f"The bulk request has {len(listed)} operations, at most {max_operations} are allowed "
                "(`bulk.maxOperations` of /ServiceProviderConfig): split it into several requests."
            )
        message["Operations"] = [_with_known_names(raw, index) for index, raw in enumerate(listed)]
    check_message("BulkRequest", message)
    reader = _Reader(catalogue, base_url, message["Operations"])
    operations = [reader.operation(raw, index) for index, raw in enumerate(message["Operations"])]
    limit = message.get("failOnErrors")
    return BulkRequest(tuple(operations), None if limit is None else int(limit))


class _Reader:
    """Reads operations one by one, knowing the bulkIds of all."""

    def __init__(self, catalogue: SchemaCatalogue, base_url: str, raws: list[dict[str, Any]]) -> None:
        self._catalogue = catalogue
        self._base_url = base_url
        self._uses = Counter(raw["bulkId"] for raw in raws if "bulkId" in raw)
        self._created = {raw["bulkId"] for raw in raws if raw["method"] == "POST" and "bulkId" in raw}

    def operation(self, raw: dict[str, Any], index: int) -> BulkOperation:
        below = raw["path"].strip().removeprefix(f"{self._base_url}/").partition("?")[0]
        path = "/" + "/".join(segment for segment in below.split("/") if segment)
        read = BulkOperation(
            index, raw["method"], path, raw.get("bulkId"), raw.get("version"), data=raw.get("data", {})
        )
        try:
            self._check_members(read.method, raw)
            resource_type, resource_id = self._target(read.method, path)
            references = self._references(read, resource_id)
        except ScimError as problem:
            return replace(read, problem=problem)
        return replace(read, resource_type=resource_type, resource_id=resource_id, references=references)

    def _check_members(self, method: Method, raw: Mapping[str, Any]) -> None:
        bulk_id = raw.get("bulkId")
        if method == "POST" and not bulk_id:
            raise InvalidValue("`bulkId`: missing. Name each POST by a text of your own, unique in the bulk request.")
        if bulk_id and self._uses[bulk_id] > 1:
            raise InvalidValue(
                f"`bulkId`: {self._uses[bulk_id]} operations have the bulkId `{shown(bulk_id)}`. Give each its own."
            )
        if method != "DELETE" and "data" not in raw:
            raise InvalidValue(f"`data`: missing. Send the body that a single {method} would have.")

    def _target(self, method: Method, path: str) -> tuple[ResourceType, str]:
        """Return what the path names, with an empty id for a POST."""
        endpoint, *segments = path.removeprefix("/").split("/")
        resource_type = self._catalogue.by_endpoint(f"/{endpoint}")
        if resource_type is None or len(segments) > 1:
            known = ", ".join(t.endpoint for t in self._catalogue.resource_types)
            raise NotFound(f"`path`: there are no resources at `{shown(path)}`; there are at {known}.")
        resource_id = unquote(segments[0]) if segments else ""
        if method == "POST" and resource_id:
            raise MethodNotAllowed(
                f"`path`: POST creates a resource at `{resource_type.endpoint}`: leave the id out, or use PUT or PATCH."
            )
        if method != "POST" and not resource_id:
            raise MethodNotAllowed(
                f"`path`: {method} changes one resource: name it as `{resource_type.endpoint}/` and its id."
            )
        return resource_type, resource_id

    def _references(self, operation: BulkOperation, resource_id: str) -> frozenset[str]:
        names: set[str] = set()

        def note(name: str) -> str:
            names.add(name)
            return name

        resolve_text(resource_id, note)
        _resolved(operation.method, operation.data, note)
        for name in sorted(names - self._created):
            raise InvalidValue(
                f"`bulkId:{shown(name)}`: no POST of this bulk request has this bulkId. Add that operation, correct "
                "the name, or send the id of a resource that exists."
            )
        return frozenset(names)


def _resolved(method: Method, data: dict[str, Any], resolve: Resolve) -> dict[str, Any]:
    """Return a copy of an operation's data with its references resolved; what a DELETE carries is ignored."""
    if method == "DELETE":
        return {}
    resolved: dict[str, Any] = resolve_patch(data, resolve) if method == "PATCH" else resolve_data(data, resolve)
    return resolved


def _with_known_names(raw: Any, index: int) -> Any:
    if not isinstance(raw, dict):
        return raw
    operation = _named(raw, _OPERATION_NAMES, f"`Operations[{index}]`")
    if isinstance(operation.get("method"), str):
        operation["method"] = operation["method"].upper()
    return operation


def _named(message: Mapping[str, Any], names: tuple[str, ...], place: str) -> dict[str, Any]:
    """Return what the message holds under the names, spelled in any letter case; null is as good as absent."""
    sent = lower_names(message, place)
    return {name: sent[name.lower()] for name in names if sent.get(name.lower()) is not None}
