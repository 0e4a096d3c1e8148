"""Other people's judges: scim2-tester and scim-sanity, each in a process of its own, and what they say wrongly."""

import asyncio
import json
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from .cleaning import Ledger
from .rows import Row, Verdict
from .suites import JUDGES

MISSING = "{} is not installed: pip install 'scimserver[tools]'"
LINE_BYTES = 2**20
"""The longest line that a judge's process may write."""
GRACE_SECONDS = 5
"""How long an interrupted judge may take to end."""

_VERDICTS: Mapping[str, Verdict] = {
    **dict.fromkeys(("SUCCESS", "COMPLIANT", "ACCEPTABLE", "pass", "warn"), Verdict.PASSED),
    **dict.fromkeys(("SKIPPED", "skip"), Verdict.SKIPPED),
}
"""What a judge says → the verdict; whatever else it says is a failure."""


@dataclass(frozen=True, slots=True)
class Argued:
    """A fault that a judge finds where there is none."""

    judge: str
    checks: tuple[str, ...]
    says: str
    reason: str


def argued() -> list[Argued]:
    """Read ``argued.toml``."""
    text = files(__package__ or "").joinpath("argued.toml").read_text(encoding="utf-8")
    return [
        Argued(item["judge"], tuple(item["checks"]), item["says"], item["reason"])
        for item in tomllib.loads(text)["argued"]
    ]


def row_of(judge: str, check: Mapping[str, str], wrong: Iterable[Argued]) -> Row:
    """Return the row for one check of a judge."""
    verdict, says = _VERDICTS.get(check["status"], Verdict.FAILED), check["says"]
    reason = says if verdict is not Verdict.FAILED else ""
    if verdict is Verdict.FAILED:
        for known in wrong:
            if known.judge == judge and check["title"] in known.checks and known.says in says:
                verdict, reason = Verdict.ARGUED, known.reason
                break
    got = says if verdict in (Verdict.FAILED, Verdict.ARGUED) else ""
    return Row(judge, check["part"], check["title"], verdict, source=judge, got=got, reason=reason)


async def judge(name: str, url: str, token: str, ledger: Ledger, seen: Callable[[Row], None]) -> None:
    """Let a judge judge a tenant. ``seen`` is given each row; ``ledger`` has what the judge left behind.

    The process is ended when this is cancelled.
    """
    if find_spec(JUDGES[name]) is None:
        seen(Row(name, "", f"all checks of {name}", Verdict.SKIPPED, source=name, reason=MISSING.format(name)))
        return
    started = time.perf_counter()
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", f"{__package__}.judging", name)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, limit=LINE_BYTES)
    assert process.stdin is not None
    assert process.stderr is not None
    complaints = asyncio.ensure_future(process.stderr.read())
    wrong = argued()
    try:
        process.stdin.write(json.dumps({"url": url, "token": token}).encode() + b"\n")
        process.stdin.close()
        async for message in _messages(process):
            if "check" in message:
                seen(row_of(name, message["check"], wrong))
            else:
                _note(message, ledger)
        status, said = await process.wait(), await complaints
    finally:
        if process.returncode is None:
            await _end(process, ledger)
        complaints.cancel()
    if status:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        got, seconds = f"ended with status {status}: {last}", time.perf_counter() - started
        seen(Row(name, "", f"{name} comes to its end", Verdict.FAILED, source=name, got=got, seconds=seconds))


async def _messages(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    async for line in process.stdout:
        yield json.loads(line)


async def _end(process: asyncio.subprocess.Process, ledger: Ledger) -> None:
    """End a judge's process, and read what it had created until then."""
    with suppress(ProcessLookupError):
        process.terminate()

    async def rest() -> None:
        async for message in _messages(process):
            _note(message, ledger)

    with suppress(TimeoutError, ValueError):
        await asyncio.wait_for(rest(), GRACE_SECONDS)
    await process.wait()


def _note(message: Mapping[str, Any], ledger: Ledger) -> None:
    if "created" in message:
        ledger.add(message["created"])
    elif "deleted" in message:
        ledger.discard(message["deleted"])
