"""Where a running demo answers: a file in its data folder, for commands that know a server by HTTP only."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILE = "demo.json"


def usual_folder() -> Path:
    """Return the data folder of a demo that was not told another one."""
    import platformdirs

    return Path(platformdirs.user_data_dir("scimserver", appauthor=False)) / "demo"


@contextmanager
def announced(data: Path, facts: dict[str, Any]) -> Iterator[None]:
    """Keep ``demo.json`` in the data folder while the demo runs, readable by its user only: it has the Secret Token."""
    said = {name: facts[name] for name in ("tenant_url", "secret_token", "pid", "workspaces")}
    beside = data / f"{FILE}.new"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(said, file)
    beside.replace(data / FILE)
    try:
        yield
    finally:
        (data / FILE).unlink(missing_ok=True)


def running_demo(data: Path | None = None) -> tuple[str, str] | None:
    """Return Tenant URL and Secret Token of the demo that runs on a data folder, or None if none does."""
    try:
        said = json.loads(((data or usual_folder()) / FILE).read_text(encoding="utf-8"))
        os.kill(said["pid"], 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no file, or one that was left behind by a demo that was killed
    return str(said["tenant_url"]), str(said["secret_token"])
