"""Say how far a run is, on standard error: a live line at a terminal, elsewhere a plain line now and then."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)
from rich.progress import (
    Task as BarTask,
)
from rich.text import Text

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class _Rate(ProgressColumn):
    """Things done per second."""

    def render(self, task: BarTask) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f}/s" if speed else "")


class _Errors(ProgressColumn):
    """Errors so far, in red as soon as there is one."""

    def render(self, task: BarTask) -> Text:
        errors = task.fields["errors"]
        return Text(f"{errors} error{'' if errors == 1 else 's'}", style="red" if errors else "dim")


class Progress:
    """Phase, done of total, rate, time left, errors. Says nothing if not enabled."""

    def __init__(self, enabled: bool = True, *, stream: TextIO | None = None) -> None:
        self._enabled = enabled
        self._stream = stream or sys.stderr
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._name = ""
        self._total: int | None = None
        self._done = 0
        self._errors = 0
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Self:
        if self._enabled and self._stream.isatty():
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                _Rate(),
                TimeRemainingColumn(),
                _Errors(),
                console=Console(file=self._stream),
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def phase(self, name: str, total: int | None = None) -> None:
        """Begin a phase; the one before it is done. ``total`` is None where nobody knows."""
        self._finish()
        self._name, self._total, self._done, self._errors = name, total, 0, 0
        self._began = self._told = time.monotonic()
        if self._bar is not None:
            self._task = self._bar.add_task(name, total=total, errors=0)

    def advance(self, count: int = 1) -> None:
        """So many things more are done."""
        self._done += count
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)
        elif self._enabled and time.monotonic() - self._told >= EVERY:
            self._tell()

    def error(self) -> None:
        """Count one error."""
        self._errors += 1
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, errors=self._errors)

    def _finish(self) -> None:
        if not self._name:
            return
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=self._done)
            self._bar.stop_task(self._task)
        elif self._enabled:
            self._say(f"in {time.monotonic() - self._began:.1f} s")
        self._name = ""

    def _tell(self) -> None:
        """Write how far the phase is."""
        self._told = time.monotonic()
        rate = self._done / max(self._told - self._began, 0.001)
        left = "" if self._total is None or not rate else f", {max(self._total - self._done, 0) / rate:.0f} s left"
        self._say(f"{rate:.0f}/s{left}")

    def _say(self, more: str) -> None:
        total = "" if self._total is None else f" of {self._total}"
        errors = f", {self._errors} error{'' if self._errors == 1 else 's'}" if self._errors else ""
        print(f"{self._name}: {self._done}{total}, {more}{errors}", file=self._stream, flush=True)
