"""Translation of driver errors, in one place: what the store raises, and what a client is answered.

A database that is away is always :class:`~scimserver.errors.Unavailable` (503 with ``Retry-After``). A taken key is
:class:`DuplicateKey`, whose meaning (a 409, or "somebody was faster, go on") only the caller knows.
"""

import functools
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from ..errors import Unavailable

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

DUPLICATE_KEY = 11000
_AUTHENTICATION = frozenset({13, 18, 8000})
# Lock and time limits, write conflicts, shutting down, no primary: all pass by themselves.
_TRANSIENT = frozenset({24, 46, 50, 91, 112, 189, 262, 10107, 11600, 11602, 13435, 13436})
_INDEX_NAME = re.compile(r"\bindex: (\S+)")

_AWAY = "The database is not reachable at the moment; nothing was answered from it. Send the request again later."
_REFUSED = "The database refuses the server's credentials. The operator of this server has to correct its settings."


class StoreError(Exception):
    """Base of what the store raises for its callers to decide about."""


class DuplicateKey(StoreError):
    """A unique index already holds the key.

    ``index`` is the index's name, ``key_value`` its fields with the colliding values, for example
    ``{"ws": "ws_1", "unique": "username=ada@larkfield.example"}``. The id of a document is index ``_id_``.
    """

    def __init__(self, index: str, key_value: Mapping[str, Any]) -> None:
        super().__init__(f"duplicate key in index {index}: {dict(key_value)}")
        self.index = index
        self.key_value = dict(key_value)

    @property
    def field(self) -> str:
        """Last field of the index, which is the one that tells what collided: ``unique``, ``_id``, ``slug``…"""
        return next(reversed(self.key_value), "")

    @property
    def value(self) -> Any:
        """The colliding value of :attr:`field`; None if the engine did not say.

        On mongomock it is the whole array of a multikey index, since mongomock compares whole arrays.
        """
        return self.key_value.get(self.field)


class DuplicateKeys(StoreError):
    """Of several documents inserted at once, some collided.

    ``by_position`` tells which; if the insert was unordered, every other one was written.
    """

    def __init__(self, by_position: Mapping[int, DuplicateKey]) -> None:
        super().__init__(f"{len(by_position)} documents have duplicate keys")
        self.by_position = dict(by_position)


class translated:
    """Raise the errors of this module for the driver's; a context manager, and a decorator of coroutine functions."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, PyMongoError):
            found = translate(error)
            if found is not None:
                raise found from error

    def __call__(
        self, function: Callable[Parameters, Awaitable[Returned]]
    ) -> Callable[Parameters, Coroutine[Any, Any, Returned]]:
        @functools.wraps(function)
        async def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
            with self:
                return await function(*args, **kwargs)

        return wrapper


def translate(error: PyMongoError) -> Exception | None:
    """Return the error to raise for a driver error, or None when it is a fault of ours and should stay as it is."""
    if isinstance(error, DuplicateKeyError):
        return _duplicate(error.details or {}, str(error))
    if isinstance(error, BulkWriteError):
        return _bulk(error.details)
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WriteConcernError):
        return Unavailable(_AWAY)
    if isinstance(error, OperationFailure):
        if error.code in _AUTHENTICATION:
            return Unavailable(_REFUSED, retry_after=60)
        return Unavailable(_AWAY) if error.code in _TRANSIENT else None
    # The client was closed under a request that was still running: we are shutting down.
    if isinstance(error, InvalidOperation) and "after close" in str(error):
        return Unavailable(_AWAY)
    return None


def _duplicate(details: Mapping[str, Any], message: str) -> DuplicateKey:
    key_value = details.get("keyValue")
    if not isinstance(key_value, Mapping):
        # mongomock says nothing more about a duplicate id.
        return DuplicateKey("_id_", {"_id": None})
    named = _INDEX_NAME.search(str(details.get("errmsg") or message))
    return DuplicateKey(named.group(1) if named else "_".join(key_value), key_value)


def _bulk(details: Mapping[str, Any]) -> Exception | None:
    writes = details.get("writeErrors") or []
    codes = {write.get("code") for write in writes}
    if codes == {DUPLICATE_KEY}:
        return DuplicateKeys({write["index"]: _duplicate(write, str(write.get("errmsg"))) for write in writes})
    if codes & _TRANSIENT or details.get("writeConcernErrors"):
        return Unavailable(_AWAY)
    return None
