"""Seeing what a hook does while it runs: input and output, clocks and chance, and not coming back.

For a process of its own: an audit hook stays for good, and a call that does not come back ends the process.
"""

import faulthandler
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

Note = Callable[[str, str], None]
"""Gets what was done, in words, and ``file:line`` of the plugin's code that did it."""

_EVENTS = {
    "open": "opens a file",
    "socket.connect": "connects to the network",
    "socket.getaddrinfo": "asks the name service",
    "subprocess.Popen": "starts a program",
    "os.system": "starts a program",
    "os.listdir": "reads a folder",
    "os.scandir": "reads a folder",
    "os.remove": "deletes a file",
    "sqlite3.connect": "opens a database",
}
_CLOCKS = frozenset(("time", "time_ns", "localtime", "gmtime", "ctime"))
"""Of the module ``time``; a monotonic clock tells nothing that could get into a document unnoticed."""
_EXCUSED = ("<frozen importlib", "/zoneinfo/", "/logging/", "/structlog/", "/scimserver/expressions/")
"""Importing inside of a function, reading the table of a time zone, and the clock of a log line change no result; an
expression is given the moment whether or not it asks for it, and if it does, two documents differ."""


class Watch:
    """Notes what the code below a folder does, between ``begin`` and ``end`` of a call."""

    def __init__(self, root: Path, call_seconds: float, note: Note) -> None:
        self._root = str(root)
        self._seconds = call_seconds
        self._note = note
        self._active = False
        sys.addaudithook(self._audited)
        self._stdout, sys.stdout = sys.stdout, _Printed(self, sys.stdout)

    @contextmanager
    def call(self, *, pure: bool = False, clocks: bool = False) -> Iterator[None]:
        """End the process with a traceback if the block takes too long; ``pure``: note input and output.

        ``clocks``: note reading clocks and drawing at random as well, which makes the call slower.
        """
        faulthandler.dump_traceback_later(self._seconds, exit=True)
        self._active = pure
        if clocks:
            sys.setprofile(self._profiled)
        try:
            yield
        finally:
            if clocks:
                sys.setprofile(None)
            self._active = False
            faulthandler.cancel_dump_traceback_later()

    def printed(self) -> None:
        """Note that something was printed."""
        self._found("prints", sys._getframe(2))

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._active and event in _EVENTS and not (event == "open" and "zoneinfo" in str(arguments[0])):
            self._found(_EVENTS[event], sys._getframe(1))

    def _profiled(self, frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call":
            return
        owner, name = getattr(called, "__self__", None), getattr(called, "__name__", "")
        of_date = isinstance(owner, type) and issubclass(owner, date) and name in ("now", "utcnow", "today")
        if of_date or (getattr(called, "__module__", "") == "time" and name in _CLOCKS):
            self._found("reads the clock", frame)
        elif isinstance(owner, random.Random) or name == "urandom":
            self._found("draws at random", frame)

    def _found(self, what: str, frame: FrameType | None) -> None:
        """Note what was done, if the plugin's code is what asked for it."""
        active, self._active = self._active, False
        while frame is not None:
            file = frame.f_code.co_filename
            if any(part in file for part in _EXCUSED):
                break
            if file.startswith(self._root):
                self._note(what, f"{file}:{frame.f_lineno}")
                break
            frame = frame.f_back
        self._active = active


class _Printed:
    """Standard output while hooks run."""

    def __init__(self, watch: Watch, stream: Any) -> None:
        self._watch = watch
        self._stream = stream

    def write(self, text: str) -> int:
        if self._watch._active:
            self._watch.printed()
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
