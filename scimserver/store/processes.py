"""Child processes: tied to their parent, recognised, and ended."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_LEASHED = """
import os, sys
owner, number, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, number, 0, 0, 0)
if os.getppid() != owner:
    sys.exit("the server that started this process is gone")
os.execv(command[0], command)
"""
"""Program that becomes the command in its arguments, behind the process id of its parent and a signal's number."""


def leashed(command: Sequence[str], number: signal.Signals, owner: int | None = None) -> list[str]:
    """Return a command line that runs ``command`` and, on Linux, sends it a signal when its parent ends.

    Even when the parent is killed: ``prctl(PR_SET_PDEATHSIG)``, which survives ``exec``. The parent (``owner``, by
    default this process) may have ended before that call, so the program looks once more.
    """
    owner = owner or os.getpid()
    return [sys.executable, "-I", "-S", "-c", _LEASHED, str(owner), str(int(number)), *command]


def is_alive(pid: Any) -> bool:
    """Tell whether a process of that id exists."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(pid: Any) -> list[str]:
    """Return the arguments of a process; empty when there is none, or it has ended and was not waited for."""
    if not is_alive(pid):
        return []
    try:
        return [part for part in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0") if part]
    except OSError:
        # No /proc outside Linux; an argument with a blank in it comes out as two there.
        listed = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
        return listed.stdout.split()


async def terminate(pid: int, grace: float, ended: Callable[[], bool] | None = None) -> None:
    """End a process: SIGTERM, and SIGKILL after ``grace`` seconds; returns when it is gone.

    ``ended`` tells so for a child of ours, which exists until somebody has waited for it.
    """
    gone = ended or (lambda: not command_line(pid))
    for number in (signal.SIGTERM, signal.SIGKILL):
        if gone():
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = asyncio.get_running_loop().time() + grace
        while not gone() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
