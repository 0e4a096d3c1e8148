"""One way to a MongoDB-compatible server, whichever of the two asynchronous drivers is configured.

PyMongo's ``AsyncMongoClient`` and Motor share almost every call. :class:`Collection` and :class:`Cursor` write down
the part they share, which mongomock-motor has too: stay inside it. For the few calls that are awaitable in one and
plain in the other (``aggregate``, ``list_indexes``, ``watch``, ``start_session``, ``start_transaction``, ``close``)
there is :func:`settled`.

.. code-block:: python

    database = Database.connect("mongodb://127.0.0.1:27017", "scimserver")
    user = await database.users.find_one({"ws": "ws_1", "keys": "username=ada@larkfield.example"})
    cursor = await settled(database.users.aggregate(pipeline))
    await database.close()
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

DriverName = Literal["pymongo", "motor"]
Document = dict[str, Any]
Filter = Mapping[str, Any]
SortKeys = str | Sequence[tuple[str, int]]

Result = TypeVar("Result")


async def settled(result: Awaitable[Result] | Result) -> Result:
    """Return the result of a driver call that is awaitable in one driver and plain in the other."""
    if inspect.isawaitable(result):
        return cast(Result, await result)
    return result


class Cursor(Protocol):
    """What both drivers' cursors can do."""

    def sort(self, key_or_list: SortKeys, direction: int | None = None) -> Self: ...
    def skip(self, skip: int) -> Self: ...
    def limit(self, limit: int) -> Self: ...
    def batch_size(self, batch_size: int) -> Self: ...
    async def to_list(self, length: int | None = None) -> list[Document]: ...
    def __aiter__(self) -> AsyncIterator[Document]: ...
    async def close(self) -> None: ...


class Collection(Protocol):
    """What both drivers' collections can do; results are PyMongo's (``matched_count``, ``deleted_count``, …)."""

    @property
    def name(self) -> str: ...
    def find(self, filter: Filter | None = None, projection: Any = None, **options: Any) -> Cursor: ...
    def aggregate(self, pipeline: Sequence[Mapping[str, Any]], **options: Any) -> Awaitable[Cursor] | Cursor: ...
    def list_indexes(self) -> Awaitable[Cursor] | Cursor: ...
    async def find_one(self, filter: Filter | None = None, projection: Any = None) -> Document | None: ...
    async def insert_one(self, document: Document) -> Any: ...
    async def insert_many(self, documents: Sequence[Document], ordered: bool = True) -> Any: ...
    async def replace_one(self, filter: Filter, replacement: Document, upsert: bool = False) -> Any: ...
    async def update_one(self, filter: Filter, update: Mapping[str, Any], upsert: bool = False) -> Any: ...
    async def update_many(self, filter: Filter, update: Mapping[str, Any], upsert: bool = False) -> Any: ...
    async def delete_one(self, filter: Filter) -> Any: ...
    async def delete_many(self, filter: Filter) -> Any: ...
    async def find_one_and_update(
        self, filter: Filter, update: Mapping[str, Any], projection: Any = None, **options: Any
    ) -> Document | None: ...
    async def find_one_and_replace(
        self, filter: Filter, replacement: Document, projection: Any = None, **options: Any
    ) -> Document | None: ...
    async def find_one_and_delete(self, filter: Filter, projection: Any = None, **options: Any) -> Document | None: ...
    async def bulk_write(self, requests: Sequence[Any], ordered: bool = True) -> Any: ...
    async def count_documents(self, filter: Filter) -> int: ...
    async def distinct(self, key: str, filter: Filter | None = None) -> list[Any]: ...
    async def create_index(self, keys: Sequence[tuple[str, int]], **options: Any) -> str: ...
    async def drop_index(self, index_or_name: str) -> None: ...
    async def index_information(self) -> dict[str, dict[str, Any]]: ...
    async def drop(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the driver waits, in seconds, before the database counts as away.

    An option of the same meaning in the database URL wins.
    """

    server_selection: float = 2.0
    connect: float = 2.0
    socket: float = 30.0
    """For one answer of the server; bounds what a hung server can hold up."""
    queue: float = 5.0
    """For a free connection of the pool, when as many operations as it has are in flight."""

    def options(self) -> dict[str, int]:
        """Return them as driver options, in milliseconds."""
        return {
            "serverSelectionTimeoutMS": round(self.server_selection * 1000),
            "connectTimeoutMS": round(self.connect * 1000),
            "socketTimeoutMS": round(self.socket * 1000),
            "waitQueueTimeoutMS": round(self.queue * 1000),
        }


class Database:
    """A client and one of its databases; ``database.users`` and ``database["users"]`` are collections.

    Everything else a driver offers is on :attr:`client` and :attr:`handle`.
    """

    def __init__(self, client: Any, handle: Any, driver: str) -> None:
        self.client = client
        self.handle = handle
        """The driver's own database object."""
        self.driver = driver
        self._collections: dict[str, Collection] = {}

    @classmethod
    def connect(
        cls,
        url: str,
        name: str,
        *,
        driver: DriverName = "pymongo",
        pool_size: int = 24,
        timeouts: Timeouts | None = None,
    ) -> "Database":
        """Make a client for ``url``; call it inside the running event loop, and after any fork.

        No connection is opened here: the first operation does, or :meth:`ping`. ``pool_size`` caps the
        operations in flight; beyond 32 a process they only wait for each other (design §4). Datetimes come back
        with their time zone (UTC). Write concern and everything else is left to the URL.
        """
        options: dict[str, Any] = {
            "maxPoolSize": pool_size,
            "appname": "scimserver",
            **(timeouts or Timeouts()).options(),
        }
        given = {key.lower() for key, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
        options = {key: value for key, value in options.items() if key.lower() not in given}
        client: Any
        if driver == "motor":
            # Only here, so that a deployment on PyMongo need not have Motor installed.
            from motor.motor_asyncio import AsyncIOMotorClient

            client = AsyncIOMotorClient(url, tz_aware=True, **options)
        else:
            from pymongo import AsyncMongoClient

            client = AsyncMongoClient(url, tz_aware=True, **options)
        return cls(client, client[name], driver)

    @classmethod
    def wrap(cls, handle: Any, driver: str = "mongomock") -> "Database":
        """Wrap a database object that somebody else made, such as mongomock-motor's."""
        return cls(handle.client, handle, driver)

    @property
    def name(self) -> str:
        """Name of the database on its server."""
        return cast(str, self.handle.name)

    def __getitem__(self, name: str) -> Collection:
        collection = self._collections.get(name)
        if collection is None:
            # Both drivers build a new object on every access, which costs as much as a dictionary of options.
            collection = self._collections[name] = cast(Collection, self.handle[name])
        return collection

    def __getattr__(self, name: str) -> Collection:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    async def ping(self) -> None:
        """Ask the server for a sign of life; raises the driver's error when it is away."""
        await self.handle.command("ping")

    async def collection_names(self) -> list[str]:
        """Return the names of the collections that exist."""
        return cast(list[str], await self.handle.list_collection_names())

    async def drop(self) -> None:
        """Delete the whole database."""
        await self.client.drop_database(self.name)

    async def close(self) -> None:
        """Close every connection; the object cannot be used afterwards."""
        await settled(self.client.close())
