"""Carrying out a bulk request (RFC 7644 §3.7): its operations one after the other, each all or nothing.

The ids of all resources that the request creates are chosen first, so that a reference can be resolved before what it
names is there. An operation whose reference failed is not tried: 409. Of a circle of references all are created or
none: the first failure undoes the others, which get 409 (§3.7.1).

``failOnErrors`` counts errors in the order of execution, refused operations included. Once that many have happened
nothing more is begun; a circle that has been begun is finished, so that the count may be exceeded by it. Operations
that were not reached are not in the response, which is in the order of the request (§3.7.3).
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Any

import structlog

from ..errors import Conflict, InternalError, ScimError, Unavailable
from ..scim.bulk import BulkOperation, BulkRequest
from ..scim.canonical import canonicalise
from ..scim.members import members_of
from ..scim.messages import PATCH_SCHEMA
from ..scim.projection import Projection
from ..scim.reading import shown
from ..store.documents import new_id
from .context import RequestContext
from .provisioning import Provisioning, Stored
from .versions import Conditions

log = structlog.get_logger("scimserver.bulk")

BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_SUCCESS = {"POST": "201", "PUT": "200", "PATCH": "200", "DELETE": "204"}

Outcome = Stored | ScimError | None
"""None for a resource that was deleted."""


class Bulk:
    """Runs bulk requests; holds no state of its own."""

    def __init__(self, provisioning: Provisioning) -> None:
        self._provisioning = provisioning

    async def run(self, ctx: RequestContext, request: BulkRequest) -> dict[str, Any]:
        """Return the BulkResponse; what goes wrong with an operation is its result.

        Raises:
            Unavailable: the database is away and nothing has been written yet, so all can be sent again.
        """
        run = _Run(self._provisioning, ctx, request.operations)
        for step in request.steps():
            if request.fail_on_errors is not None and run.errors >= request.fail_on_errors:
                break
            await (run.single(step[0]) if len(step) == 1 else run.circle(step))
        results = [run.results[index] for index in sorted(run.results)]
        sent, tried = len(request.operations), len(results)
        log.info("bulk", workspace=ctx.workspace.slug, operations=sent, tried=tried, errors=run.errors)
        return {"schemas": [BULK_RESPONSE], "Operations": results}


class _Run:
    """One bulk request while it is carried out."""

    def __init__(self, provisioning: Provisioning, ctx: RequestContext, operations: Sequence[BulkOperation]) -> None:
        self._provisioning = provisioning
        self._ids = {
            o.bulk_id: new_id(o.resource_type.id_prefix)
            for o in operations
            if o.method == "POST" and o.bulk_id and o.resource_type
        }
        self._ctx = replace(ctx, expected=frozenset(self._ids.values()))
        self._failed: set[str] = set()
        """The bulkIds of resources that were not created."""
        self._wrote = False
        self._away: Unavailable | None = None
        """Why the operations that follow are not even tried."""
        self.errors = 0
        self.results: dict[int, dict[str, Any]] = {}
        """By the operation's position in the request."""

    async def single(self, operation: BulkOperation) -> None:
        """Carry out one operation; all to which it refers has had its turn."""
        ready = self._ready(operation)
        self._note(ready, await self._attempt(ready, self._carry_out(ready)))

    async def circle(self, operations: Sequence[BulkOperation]) -> None:
        """Create resources that refer to each other: all of them or none.

        They are created in the order of the request. A group cannot have a member that is not there yet, so such
        members are added once all are; other references, such as a manager, are only stored and need nothing.
        """
        ready = [self._ready(operation) for operation in operations]
        created: dict[int, Stored] = {}
        for act in (self._check, self._carry_out, self._add_late_members):
            for operation in ready:
                outcome = await self._attempt(operation, act(operation))
                if isinstance(outcome, ScimError):
                    await self._undo(ready, created, operation, outcome)
                    return
                if outcome is not None:
                    created[operation.index] = outcome
        for operation in ready:
            self._note(operation, created[operation.index])

    # -- parts of a step -------------------------------------------------------------------------------------------

    def _ready(self, operation: BulkOperation) -> BulkOperation:
        """Return the operation with ids for its references, or with the problem that one of them failed."""
        for name in sorted(operation.references & self._failed):
            return replace(operation, problem=_refers_to(name))
        return operation.with_ids(self._ids)

    async def _attempt(self, operation: BulkOperation, act: Awaitable[Stored | None]) -> Outcome:
        try:
            return await act
        except Unavailable as error:
            if not self._wrote:
                raise
            self._away = error
            return error
        except ScimError as error:
            return error
        except Exception:
            log.exception("bulk operation failed", operation=operation.index, method=operation.method)
            return InternalError("The server failed on this operation. Give the request id to the operator.")

    async def _check(self, operation: BulkOperation) -> None:
        """Raise what is known without trying."""
        # Refusals need no database: without this, many in a row would not let other requests have their turn.
        await asyncio.sleep(0)
        if operation.problem is not None:
            raise operation.problem
        if self._away is not None:
            raise self._away

    async def _carry_out(self, operation: BulkOperation) -> Stored | None:
        await self._check(operation)
        stored = await self._write(operation)
        self._wrote = True
        return stored

    async def _write(self, operation: BulkOperation) -> Stored | None:
        ctx, resource_type = self._ctx, operation.resource_type
        assert resource_type is not None  # without it there is a problem
        # Results have no body (RFC 7644 §3.7.3 lets us choose), so members and groups need not be read for one.
        little = Projection.parse("id", None, resource_type)
        if operation.method == "POST":
            new = self._ids[operation.bulk_id or ""]
            return await self._provisioning.create(ctx, resource_type, operation.data, little, new)
        there = (ctx, resource_type, operation.resource_id)
        if operation.method == "PUT":
            return await self._provisioning.replace(*there, operation.data, little, Conditions(operation.version))
        if operation.method == "PATCH":
            return await self._provisioning.patch(*there, operation.data, None, Conditions(operation.version))
        await self._provisioning.delete(*there, Conditions(operation.version))
        return None

    async def _add_late_members(self, operation: BulkOperation) -> Stored | None:
        """Add those members of a group that this request creates; those that it has already change nothing."""
        resource_type = operation.resource_type
        assert resource_type is not None
        attribute = resource_type.attribute("members")
        if attribute is None:
            return None
        ours = set(self._ids.values())
        sent = members_of(canonicalise(operation.data, resource_type).members, attribute)
        late = [member for member in sent.values() if member["value"] in ours]
        if not late:
            return None
        add = {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "add", "path": "members", "value": late}]}
        group = self._ids[operation.bulk_id or ""]
        return await self._provisioning.patch(self._ctx, resource_type, group, add, None)

    async def _undo(
        self, circle: Sequence[BulkOperation], created: dict[int, Stored], culprit: BulkOperation, error: ScimError
    ) -> None:
        """Delete what was created of a circle, the last first; without a database only the first is tried."""
        left: Outcome = None
        for operation in reversed(circle):
            refusal = error if operation is culprit else _refers_to(culprit.bulk_id or "")
            if operation.index in created:
                if not isinstance(left, Unavailable):
                    left = await self._attempt(operation, self._delete(operation))
                if isinstance(left, ScimError):
                    refusal = _not_undone(refusal, left, created[operation.index])
            self._note(operation, refusal)

    async def _delete(self, operation: BulkOperation) -> None:
        assert operation.resource_type is not None
        await self._provisioning.delete(self._ctx, operation.resource_type, self._ids[operation.bulk_id or ""])

    def _note(self, operation: BulkOperation, outcome: Outcome) -> None:
        """Write the operation's result (RFC 7644 §3.7.3)."""
        result: dict[str, Any] = {"method": operation.method}
        if operation.bulk_id is not None:
            result["bulkId"] = operation.bulk_id
        if operation.method != "POST":
            result["location"] = f"{self._ctx.base_url}{operation.path}"
        if isinstance(outcome, ScimError):
            self.errors += 1
            if outcome.plugin:
                self._ctx.blamed.append(outcome.plugin)
            if operation.method == "POST" and operation.bulk_id:
                self._failed.add(operation.bulk_id)
            result |= {"status": str(outcome.status), "response": outcome.body(self._ctx.request_id)}
        else:
            result["status"] = _SUCCESS[operation.method]
            if outcome is not None:
                result |= {"location": outcome.location, "version": outcome.version}
        self.results[operation.index] = result


def _refers_to(bulk_id: str) -> Conflict:
    return Conflict(
        f"This operation refers to bulkId `{shown(bulk_id)}`, whose operation failed, so it was not carried out or was "
        "undone. Mend the cause that the other result tells, and send both again."
    )


def _not_undone(refusal: ScimError, reason: ScimError, kept: Stored) -> Conflict:
    return Conflict(
        f"{refusal.detail} The resource had been created and could not be deleted again ({reason.detail}): delete "
        f"{kept.location} yourself."
    )
