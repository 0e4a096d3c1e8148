"""Deleting workspaces beside the requests: a large one takes longer than an HTTP client waits."""

import asyncio

import structlog

from ..errors import Unavailable
from ..store.tasks import end
from ..store.workspaces import Workspace
from .workspaces import Revisions, WorkspaceService

log = structlog.get_logger("scimserver.deletions")

RETRY_SECONDS = 10.0


class Deletions:
    """Finishes in the background what was begun; a workspace stays marked until it is gone, so nothing is forgotten."""

    def __init__(self, workspaces: WorkspaceService) -> None:
        self._workspaces = workspaces
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Take up what an earlier process left behind.

        Several processes may do so at once: deleting twice does no harm.

        Raises:
            Unavailable: the database is away.
        """
        for workspace in await self._workspaces.list():
            if workspace.state == "deleting":
                self._finish(workspace)

    async def stop(self) -> None:
        """Leave the rest to the next process."""
        await end(self._tasks.values())

    async def delete(self, slug: str, *, revisions: Revisions = None) -> Workspace:
        """Begin to delete a workspace, which is closed from now on; returns it as it is until it is gone.

        Raises:
            NoSuchWorkspace, WorkspaceChanged: as :meth:`WorkspaceService.change`.
        """
        workspace = await self._workspaces.begin_delete(slug, revisions=revisions)
        self._finish(workspace)
        return workspace

    def _finish(self, workspace: Workspace) -> None:
        if workspace.id not in self._tasks:
            task = asyncio.create_task(self._until_done(workspace))
            self._tasks[workspace.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(workspace.id, None))

    async def _until_done(self, workspace: Workspace) -> None:
        while True:
            try:
                await self._workspaces.finish_delete(workspace)
            except Unavailable as error:
                log.warning("workspace not deleted yet", workspace=workspace.slug, error=error.detail)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("workspace not deleted", workspace=workspace.slug)
                return
            else:
                log.info("workspace deleted", workspace=workspace.slug)
                return
