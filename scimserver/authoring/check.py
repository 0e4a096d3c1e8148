"""``plugin check``: everything the server expects of a plugin, tried out without server, database, network and pytest.

The plugin runs in two processes that differ in what must not matter: the order of sets, the time zone. A call that does
not come back ends its process, which is reported like any other problem.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..plugin_projects import ProjectProblem, plugins_at
from .report import Level, Problem, Report, Times

CALL_SECONDS = 5.0
"""How long one call may take until the plugin counts as hanging."""
TOTAL_SECONDS = 120.0
"""How long each of the two processes may take."""

Progress = Callable[[int, int], None]
"""Gets how many of how many resources are done."""

_WORLDS = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC-14"},
    {"PYTHONHASHSEED": "2", "TZ": "UTC+12"},
)
"""It is never the same day in both."""
_FRAME = re.compile(r'File "(.+)", line (\d+) in ')


class NoPlugin(Exception):
    """The path is not that of one plugin; says what to give instead."""


@dataclass
class _Run:
    """What one process told."""

    ended: bool = False
    total: int = 0
    sample: str = ""
    plugin: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    problems: dict[tuple[Level, str, str], list[str]] = field(default_factory=dict)
    """Level, text and place → samples."""
    made: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Sample → digest of each field."""

    def add(self, level: Level, text: str, place: str, sample: str = "") -> None:
        self.problems.setdefault((level, text, place), []).append(sample)


def check(
    path: Path,
    settings: Mapping[str, Any] | None = None,
    *,
    call_seconds: float = CALL_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
    progress: Progress | None = None,
) -> Report:
    """Try the plugin of a file, a package folder or a project folder, and report all that is wrong with it.

    ``settings`` are those of a workspace; without them the plugin's defaults are used. ``progress`` is told how far the
    check is.

    Raises:
        NoPlugin: there is no plugin at the path, or more than one.
    """
    plugin = _only_plugin(path).absolute()
    asked = {"path": str(plugin), "settings": dict(settings or {}), "call_seconds": call_seconds}
    told = progress or (lambda done, total: None)
    first = _run(plugin, {**asked, "again": False}, _WORLDS[0], total_seconds, told, 0)
    if first.ended and first.made and not any(level == "error" for level, _, _ in first.problems):
        second = _run(plugin, {**asked, "again": True}, _WORLDS[1], total_seconds, told, first.total)
        _compare(first, second, plugin)
    return _report(path, first)


def _only_plugin(path: Path) -> Path:
    try:
        found = plugins_at(path)
    except ProjectProblem as problem:
        raise NoPlugin(str(problem)) from None
    if len(found) > 1:
        raise NoPlugin(f"{path} has {len(found)} plugins; check one at a time: {', '.join(map(str, found))}.")
    return found[0]


def _run(
    plugin: Path, asked: Mapping[str, Any], world: Mapping[str, str], seconds: float, told: Progress, done: int
) -> _Run:
    """Run one process to its end, at the latest after ``seconds``."""
    run = _Run()
    environment = {**os.environ, **world, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", "-m", "scimserver.authoring.trial"]
    late = threading.Event()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment,
            text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None

        def stop() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            process.stdin.write(json.dumps(asked))
            process.stdin.close()
            for line in process.stdout:
                _hear(run, line)
                if run.total and run.sample:
                    done += "sample" in line[:10]
                    told(min(done, 2 * run.total), 2 * run.total)
        except BrokenPipeError:
            pass  # it ended before it had read what is asked; its standard error says why
        finally:
            timer.cancel()
            process.stdout.close()
            if process.poll() is None and late.is_set():
                process.kill()
            process.wait()
        errors.seek(0)
        if not run.ended:
            _explain_end(run, plugin, errors.read(), process.returncode, asked["call_seconds"], late.is_set(), seconds)
    return run


def _hear(run: _Run, line: str) -> None:
    try:
        ((what, value),) = json.loads(line).items()
    except ValueError:
        return  # cut off when the process ended
    if what == "problem":
        run.add(value["level"], value["text"], value["place"], value["sample"])
    elif what == "made":
        run.made[value[0]] = value[1]
    elif what == "sample":
        run.sample = value
    elif what == "plugin":
        run.plugin = value
    elif what == "total":
        run.total = value
    elif what == "done":
        run.ended, run.summary = True, value


def _explain_end(
    run: _Run, plugin: Path, errors: str, status: int, call_seconds: float, late: bool, seconds: float
) -> None:
    """Say why a process ended before it was done."""
    root = plugin if plugin.is_dir() else plugin.parent
    frames = [(file, line) for file, line in _FRAME.findall(errors) if Path(file).is_relative_to(root)]
    place = ":".join(frames[0]) if frames else str(plugin)
    if "Timeout (" in errors:
        text = (
            f"did not come back within {call_seconds:g} s: look for a loop that does not end, or a regular "
            "expression that backtracks. A server would hang with it."
        )
    elif late:
        text = f"the whole check took more than {seconds:g} s and was stopped; make the hooks quicker."
    else:
        last = next((line for line in reversed(errors.splitlines()) if line.strip()), f"status {status}")
        text = f"ended the process that it runs in ({last.strip()[:200]}): a server would end with it."
    run.add("error", text, place, run.sample)


def _compare(first: _Run, second: _Run, plugin: Path) -> None:
    """Note documents that differ between the two processes."""
    for (level, text, place), samples in second.problems.items():
        if level == "error":
            for sample in samples:
                first.add(level, text, place, sample)
    mapper = first.plugin.get("mapper") or str(plugin)
    for sample, fields in first.made.items():
        again = second.made.get(sample, fields)
        different = sorted(name for name in fields.keys() | again.keys() if fields.get(name) != again.get(name))
        if different:
            first.add(
                "error",
                f"scim_map makes another {', '.join(f'`{name}`' for name in different)} in another process, where sets "
                "have another order and the time zone is another: sort what comes out of a set, and leave the clock "
                "alone.",
                mapper,
                sample,
            )


def _report(path: Path, run: _Run) -> Report:
    problems = [
        Problem(level, text, _short(place), samples[0], len(samples))
        for (level, text, place), samples in run.problems.items()
    ]
    summary = run.summary
    return Report(
        path=path,
        name=run.plugin.get("name", ""),
        version=run.plugin.get("version", ""),
        hooks=tuple(run.plugin.get("hooks", ())),
        settings=run.plugin.get("settings", {}),
        tried=summary.get("tried", 0),
        mapped=summary.get("mapped", 0),
        refused=summary.get("refused", 0),
        largest=summary.get("largest", 0),
        times={hook: Times(**times) for hook, times in summary.get("times", {}).items()},
        problems=tuple(sorted(problems, key=lambda p: (p.level != "error", p.place))),
    )


def _short(place: str) -> str:
    """Return a place relative to the current folder, if it is below."""
    try:
        return str(Path(place).relative_to(Path.cwd()))
    except ValueError:
        return place
