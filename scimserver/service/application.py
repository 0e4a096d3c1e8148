"""One deployment in one process: database, schemas, plugins and use cases, put together and taken down in order."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from ..errors import Unavailable
from ..metrics import Metrics
from ..plugins import PluginManager
from ..schema.catalogue import SchemaCatalogue
from ..schema.documents import read_files
from ..settings import Settings
from ..store.admin_keys import AdminKeyStore
from ..store.changes import ChangeLog
from ..store.counters import Counters
from ..store.documents import Event
from ..store.driver import Database
from ..store.embedded import EmbeddedDatabase
from ..store.failures import translated
from ..store.indexes import check_version, ensure_indexes
from ..store.memberships import MembershipStore
from ..store.requests import RequestStore
from ..store.resources import ResourceStores
from ..store.tokens import TokenStore
from ..store.workspaces import WorkspaceStore
from .admin_keys import AdminKeyService
from .bulk import Bulk
from .catalogues import Catalogues
from .code.as_code import AsCode
from .cursors import Cursors
from .deletions import Deletions
from .deliveries import Deliveries
from .expression_tools import ExpressionTools
from .groups import GroupMembers
from .preview.service import PreviewService
from .profiles import Profiles
from .provisioning import Provisioning
from .queries import Queries
from .remap.remaps import Remaps
from .requests import RequestLog
from .schemas.service import SchemaService
from .tokens import TokenService
from .views import Views
from .workspaces import WorkspaceService

log = structlog.get_logger("scimserver.application")

EMBEDDED = "embedded:"


class Application:
    """Everything that handlers and commands call; use :meth:`start` to make one."""

    def __init__(self, settings: Settings, database: Database, *, sole_process: bool = False) -> None:
        self.settings = settings
        self.database = database
        self.metrics = Metrics()
        self.plugins = PluginManager.load(settings.plugins.dirs, only=settings.plugins.only, metrics=self.metrics)
        self.catalogues = Catalogues(read_files([*settings.schemas.files, *self.plugins.schema_files()]), self.plugins)
        self.catalogue: SchemaCatalogue = self.catalogues.deployment
        self.counters = Counters(database, sole_process=sole_process)
        self.changes = ChangeLog(database, self.counters, self._after_commit)
        self.deliveries = Deliveries(self.metrics)
        self.stores = ResourceStores(database, self.counters)
        users, groups = (self.stores.of(self.catalogue.resource_type(name)) for name in ("User", "Group"))
        memberships = MembershipStore(database, self.counters)
        members = GroupMembers(memberships, users, groups, self.changes)
        views = Views(members)
        self.profiles = Profiles(settings.profiles.dirs)
        self.workspaces = WorkspaceService(
            WorkspaceStore(database), self.plugins, self.profiles, self.catalogues, settings
        )
        self.schemas = SchemaService(self.workspaces, self.catalogues, self.stores, self.plugins)
        self.deletions = Deletions(self.workspaces)
        self.as_code = AsCode(self.workspaces, self.plugins, self.profiles, self.schemas)
        self.tokens = TokenService(TokenStore(database), settings.security.secret_key)
        self.admin_keys = AdminKeyService(AdminKeyStore(database), settings.security.secret_key)
        self.provisioning = Provisioning(self.stores, members, views, self.changes)
        self.bulk = Bulk(self.provisioning)
        cursors = Cursors(settings.security.secret_key, settings.limits.cursor_seconds)
        self.queries = Queries(self.stores, memberships, views, cursors)
        self.preview = PreviewService(
            self.workspaces, self.plugins, self.stores, members, self.queries, self.tenant_url
        )
        self.requests = RequestLog(RequestStore(database, self.counters), settings.logging.provisioning_days)
        self.remaps = Remaps(
            database, self.workspaces, self.stores, self.counters, self.changes, busy=lambda: self.in_flight > 0
        )
        self.expressions = ExpressionTools(self.workspaces, self.stores, self.catalogue)
        self.database_url = ""
        self.embedded = False
        """Whether the configuration asks for the embedded database."""
        self.draining = False
        """True once the process is stopping: requests in flight are finished, new ones refused."""
        self.in_flight = 0
        self._in_flight_of: Counter[str] = Counter()

    @classmethod
    @asynccontextmanager
    async def start(cls, settings: Settings, *, background: bool = True) -> AsyncIterator["Application"]:
        """Connect, start the embedded database if the settings say so, and stop everything in order at the end.

        ``background=False`` is for a command that reads or writes and ends: no sweep, no plugin start-up.
        """
        async with AsyncExitStack() as stack:
            url, owner = await _database_url(settings, stack)
            database = Database.connect(url, settings.database.name, driver=settings.database.driver)
            stack.push_async_callback(database.close)
            app = cls(settings, database, sole_process=owner)
            app.database_url, app.embedded = url, settings.database.url.startswith(EMBEDDED)
            if background:
                await app._start_background(stack)
            stack.push_async_callback(app.tokens.close)
            stack.push_async_callback(app.admin_keys.close)
            yield app

    async def _start_background(self, stack: AsyncExitStack) -> None:
        self.plugins.startup()
        stack.callback(self.plugins.shutdown)
        await self.counters.start()
        stack.push_async_callback(self.counters.stop)
        stack.push_async_callback(self.deliveries.stop, self.settings.server.shutdown_grace_seconds)
        await self.changes.start()
        stack.push_async_callback(self.changes.stop)
        await self.deletions.start()
        stack.push_async_callback(self.deletions.stop)
        await self.requests.start()
        stack.push_async_callback(self.requests.stop)
        await self.remaps.start()
        stack.push_async_callback(self.remaps.stop)

    async def _after_commit(self, ws: str, events: Sequence[Event]) -> None:
        workspace = await self.workspaces.by_id(ws)
        if workspace is not None:
            self.deliveries.put(workspace.pipeline, events)

    def tenant_url(self, slug: str) -> str:
        """Return the Tenant URL of a workspace as the configuration gives it."""
        origin, pattern = self.settings.server.public_url, self.settings.tenancy.host_pattern
        if pattern:
            return f"{origin.partition('://')[0]}://{pattern.replace('{workspace}', slug)}/scim/v2"
        return f"{origin}/t/{slug}/scim/v2"

    def warn_embedded(self) -> None:
        """Say in the log what the embedded database is, whenever it serves something else than a demo."""
        log.warning("the embedded database is beta software for trials: use a MongoDB server in production")

    async def migrate(self) -> list[str]:
        """Create or upgrade collections and indexes; returns what was changed, in words."""
        with translated():
            return await ensure_indexes(self.database)

    async def check_database(self) -> None:
        """Tell whether the database answers and has the indexes of this version.

        Raises:
            Unavailable: it does not; the text says what to do.
        """
        with translated():
            await self.database.ping()
            problem = await check_version(self.database)
        if problem:
            raise Unavailable(problem)

    def enter(self, workspace_id: str, limit: int) -> bool:
        """Count a request in; False if the workspace already has ``limit`` of them in flight."""
        if self._in_flight_of[workspace_id] >= limit:
            return False
        self._in_flight_of[workspace_id] += 1
        self.in_flight += 1
        return True

    def leave(self, workspace_id: str) -> None:
        """Count a request out."""
        self.in_flight -= 1
        self._in_flight_of[workspace_id] -= 1
        if not self._in_flight_of[workspace_id]:
            del self._in_flight_of[workspace_id]


async def _database_url(settings: Settings, stack: AsyncExitStack) -> tuple[str, bool]:
    """Return the URL to connect to, and whether this process started (and therefore owns) the database."""
    url = settings.database.url
    if not url.startswith(EMBEDDED):
        return url, False
    directory = Path(url.removeprefix(EMBEDDED) or settings.database.data_dir)
    running = EmbeddedDatabase.running_url(directory)
    if running:
        return running, False
    embedded = EmbeddedDatabase(directory)
    stack.push_async_callback(embedded.stop)
    return await embedded.start(), True
