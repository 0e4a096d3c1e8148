"""``demo --sample``: a small Entra ID provisions into the demo; then one user is shown as sent and as found."""

import asyncio
import json
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..service.application import Application
    from ..simulate.sample import Story

FOLDER = "sample"
"""In the data folder: what the small Entra ID remembers, by workspace."""


def require_tools() -> None:
    """Make sure that the simulator can be imported, before anything is started."""
    try:
        from ..simulate import sample  # noqa: F401
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"--sample needs the package {error.name}: run `pip install 'scimserver[tools]'`, or leave --sample out."
        ) from None


async def unless_stopped(work: Coroutine[Any, Any, str], serving: "asyncio.Task[None]") -> str:
    """Return the result of the work, or an empty text if the server is stopped meanwhile."""
    task = asyncio.create_task(work)
    await asyncio.wait({task, serving}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return ""


async def show_sample(app: "Application", workspace: Mapping[str, str], data: Path) -> str:
    """Provision into a workspace over HTTP, and return what there is to see; the demo goes on if that fails."""
    from ..simulate.problems import SimulateProblem
    from ..simulate.sample import play

    folder = data / FOLDER / workspace["name"]
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
    label = f"workspace {workspace['name']}"
    try:
        story = await play(workspace["tenant_url"], workspace["secret_token"], folder, label)
    except SimulateProblem as problem:
        return f"The sample could not be provisioned: {problem}"
    return "\n".join(_lines(story, await _document(app, workspace["name"], story.user_id)))


async def _document(app: "Application", name: str, user_id: str) -> dict[str, Any]:
    """Read the user's document through the driver, as the application does."""
    workspace = await app.workspaces.show(name)
    user = await app.database["users"].find_one({"ws": workspace.id, "_id": user_id, "deleted": None})
    return dict(user["app"]) if user else {}


def _lines(story: "Story", document: Mapping[str, Any]) -> Iterator[str]:
    if story.again:
        yield f"{story.users} users are there already, and {story.groups} groups; a small Entra ID has read them again."
    else:
        yield f"A small Entra ID has provisioned {story.users} users and {story.groups} groups."
        yield "Then one of them moved, and the account of another was blocked."
    yield f"\nWhat it sent about the work address of {story.name}:"
    for sent in story.sent:
        yield f"  {sent.request}"
        yield from _table(sent.values)
    yield f"\nWhat your application finds in MongoDB: the collection `users`, _id {story.user_id}"
    yield from _table({f"app.{name}": _text(value) for name, value in sorted(document.items())})


def _table(rows: Mapping[str, str]) -> Iterator[str]:
    width = max(map(len, rows), default=0)
    for name, value in rows.items():
        yield f"    {name.ljust(width)}  {value}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
