"""What a running demo says of itself in its own database, so that commands work beside it."""

from pathlib import Path

from .driver import Database
from .failures import translated

_ID = "demo"


@translated()
async def announce_demo(database: Database, public_url: str, secret_key_file: Path) -> None:
    """Write down where the demo answers, and which file of this machine holds its secret key (never the key itself)."""
    said = {"public_url": public_url, "secret_key_file": str(secret_key_file)}
    await database["deployment"].update_one({"_id": _ID}, {"$set": said}, upsert=True)


@translated()
async def announced_demo(url: str, name: str) -> tuple[str, Path] | None:
    """Return public URL and secret key file of the demo that runs on that database, or None if it is not a demo's."""
    database = Database.connect(url, name)
    try:
        said = await database["deployment"].find_one({"_id": _ID})
    finally:
        await database.close()
    return (said["public_url"], Path(said["secret_key_file"])) if said else None
