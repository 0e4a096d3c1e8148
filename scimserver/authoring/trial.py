"""Trying one plugin: ``python -m scimserver.authoring.trial``, a process of its own, so that nothing can hang or leak.

Reads ``{"path", "settings", "call_seconds", "again"}`` as JSON from standard input; writes one JSON object a line. With
``again`` only the documents are made a second time.
"""

import json
import os
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

import structlog

from ..errors import ScimError, Unauthorized
from ..hookspecs import MapContext
from ..plugins import HOOKS, PluginManager, PluginProblem
from ..schema.catalogue import SchemaCatalogue, load_schemas
from ..schema.loader import SchemaProblem
from ..schema.validation import check_settings, with_defaults
from ..storable import MAX_BYTES, Budget, NotStorable, plain_copy, storable
from .invented import invented
from .measures import digest, slowness, summary, texts_of
from .places import place_of_error, place_of_hook, place_of_text
from .recorded import recorded
from .samples import Life, Resource
from .watching import Watch

WORKSPACE = "check"
MEMORY = 4 << 30
"""Bytes of address space."""
_BLOATED = 64 * 1024
_BEFORE = {"made_before": {"by": ["another plugin"]}}
"""What a plugin earlier in the list may have made."""


class _Stop(Exception):
    """There is no sense in going on."""


class Trial:
    """One plugin, tried with one choice of settings."""

    def __init__(self, path: Path, chosen: Mapping[str, Any], seconds: float, again: bool, out: TextIO) -> None:
        self._path, self._chosen, self._again, self._out = path, dict(chosen), again, out
        self._root = path if path.is_dir() else path.parent
        self._watch = Watch(self._root, seconds, self._did)
        self._hook = self._sample = ""
        self._invented = False
        self._times: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self._counts = {"tried": 0, "mapped": 0, "refused": 0, "largest": 0}
        self._module: ModuleType
        self._context: Callable[[str], MapContext]

    def run(self) -> None:
        """Do everything that can be done."""
        try:
            catalogue = self._load()
            lives = [*recorded(catalogue), *invented(catalogue)]
            self._tell("total", sum(len(life.states) for life in lives))
            for life in lives:
                self._live(life)
            self._judge()
        except _Stop:
            pass
        times = {hook: summary(times) for hook, times in self._times.items()}
        self._tell("done", {**self._counts, "times": times})

    # -- loading -------------------------------------------------------------------------------------------------------

    def _load(self) -> SchemaCatalogue:
        manager = PluginManager()
        try:
            with self._at("import"):
                info = manager.add(self._path)
        except PluginProblem as problem:
            self._refuse(problem)
        module = manager.module(info.name)
        self._module = module
        settings = with_defaults(info.settings_schema, self._chosen)
        hooks = [name for name in HOOKS if hasattr(module, name)]
        self._tell(
            "plugin",
            {
                "name": info.name,
                "version": info.version,
                "hooks": hooks,
                "settings": settings,
                "mapper": place_of_hook(module, "scim_map"),
            },
        )
        self._check_schema(info.settings_schema, settings)
        chosen = [{"name": info.name, "settings": self._chosen}]
        try:
            with self._at("scim_schema_files"):
                catalogue = load_schemas(manager.schema_files())
            with self._at("scim_check_settings"):
                warnings = manager.check_settings(WORKSPACE, chosen, catalogue.paths())
        except (PluginProblem, SchemaProblem) as problem:
            self._refuse(problem, self._hook)
        for warning in warnings:
            self._problem("warning", warning, place_of_hook(module, "scim_check_settings"))
        frozen = manager.pipeline(WORKSPACE, chosen).steps[0].settings
        self._context = lambda resource_type: MapContext(WORKSPACE, info.name, frozen, resource_type)
        return catalogue

    def _check_schema(self, schema: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        place = place_of_hook(self._module, "scim_plugin_info")
        missing = [name for name in schema.get("required", ()) if name not in settings]
        if missing and not self._chosen:
            self._problem(
                "error",
                f"the settings {', '.join(missing)} are required and have no default, so that the plugin cannot be "
                "tried without: give them with --settings, or give them a default.",
                place,
            )
            raise _Stop
        if wrong := check_settings(schema, settings):
            self._problem("error", f"the settings do not fit settings_schema: {'; '.join(wrong)}.", place)
            raise _Stop
        for name, item in schema.get("properties", {}).items():
            if isinstance(item, Mapping) and not item.get("description"):
                self._problem(
                    "warning", f"the setting `{name}` has no description: say in settings_schema what it does.", place
                )

    def _refuse(self, problem: Exception, hook: str = "") -> None:
        # A cause has the place where Python stopped; otherwise it is a hook's, or the text names a function.
        place = place_of_error(problem.__cause__, self._root) or (
            self._place(hook) if hook else place_of_text(str(problem), self._path)
        )
        text = str(problem).removeprefix(f"{self._path}: ").removeprefix(f"Workspace `{WORKSPACE}`: ")
        self._problem("error", text, place)
        raise _Stop

    # -- trying --------------------------------------------------------------------------------------------------------

    def _live(self, life: Life) -> None:
        stored: dict[str, Any] | None = None
        self._invented = life.invented
        for number, state in enumerate(life.states):
            self._sample = life.name if number == 0 else f"{life.name}, change {number}"
            self._tell("sample", self._sample)
            self._counts["tried"] += 1
            if not self._ask("scim_validate", life.resource_type, state):
                self._counts["refused"] += 1
                continue
            stored = self._map(life.resource_type, state, stored)
            self._ask("scim_before_delete", life.resource_type, state)
            if stored is None:
                return

    def _ask(self, hook: str, resource_type: str, state: Resource) -> bool:
        """Return whether a hook lets the resource pass."""
        if not hasattr(self._module, hook):
            return True
        answers = {self._asked(hook, resource_type, state) for _ in range(1 if self._again else 2)}
        if len(answers) > 1:
            self._problem("error", f"{hook} refuses a resource and lets it pass the next time.", self._place(hook))
        return answers == {True}

    def _asked(self, hook: str, resource_type: str, state: Resource) -> bool:
        given = plain_copy(state)
        try:
            self._timed(hook, context=self._context(resource_type), resource=given)
        except (Exception, SystemExit) as error:
            if not isinstance(error, ScimError) or isinstance(error, Unauthorized) or not 400 <= error.status < 500:
                self._raised(hook, error)
                return True
            self._check_refusal(hook, error, state)
            return False
        return True

    def _check_refusal(self, hook: str, refusal: ScimError, state: Resource) -> None:
        place = place_of_error(refusal, self._root) or self._place(hook)
        if not refusal.detail.strip():
            self._problem("error", "refuses without a text: name the attribute, the rule and the cure.", place)
        if not self._invented and any(value in refusal.detail for value in texts_of(state)):
            self._problem(
                "warning", "the text of the refusal quotes a value of the person; name the attribute instead.", place
            )

    def _map(self, resource_type: str, state: Resource, stored: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return the document; None if there is none."""
        if not hasattr(self._module, "scim_map"):
            return {}
        wants_stored = "stored" in signature(self._module.scim_map).parameters
        before = stored if wants_stored else None
        made = self._mapped(resource_type, state, {}, before)
        if made is None:
            return None
        self._tell("made", [self._sample, {field: digest(value) for field, value in made.items()}])
        if self._again:
            return made
        self._counts["mapped"] += bool(made)
        budget = Budget()
        storable(made, budget)
        size = MAX_BYTES - budget.left
        self._counts["largest"] = max(self._counts["largest"], size)
        if size > max(_BLOATED, 4 * len(json.dumps(state, default=str))):
            self._problem("warning", f"makes a document of {size // 1024} KiB of a resource that is a fraction of "
                          "that; keep what the application reads.", self._place("scim_map"))  # fmt: skip
        if self._mapped(resource_type, state, {}, before) not in (made, None):
            self._impure("makes two documents of one resource; no clock, no chance, nothing remembered")
        self._mapped(resource_type, state, _BEFORE, before, clocks=True)
        if wants_stored:
            self._mapped(resource_type, state, {}, {})
            if self._mapped(resource_type, state, {}, made) not in (made, None):
                self._impure(
                    "makes another document when `stored` is the one that it just made, so that a re-map would "
                    "change it each time; keep a value that is there"
                )
        return made

    def _mapped(
        self,
        resource_type: str,
        state: Resource,
        document: Mapping[str, Any],
        stored: Mapping[str, Any] | None,
        *,
        clocks: bool = False,
    ) -> dict[str, Any] | None:
        """Return what the mapper makes, as it would be stored; None if it fails, which is noted."""
        given: dict[str, Any] = {
            "resource": state,
            "document": dict(document),
            "stored": None if stored is None else dict(stored),
        }
        copies = plain_copy(given)
        try:
            result = self._timed("scim_map", clocks=clocks, context=self._context(resource_type), **copies)
            made = {} if result is None else storable(result)
        except NotStorable as problem:
            self._problem("error", f"scim_map returns what cannot be stored: {problem}.", self._place("scim_map"),
                          self._sample)  # fmt: skip
            return None
        except (Exception, SystemExit) as error:
            self._raised("scim_map", error)
            return None
        for name, value in given.items():
            if copies[name] != value:
                self._impure(f"changes the {name} it is given; return the fields instead, and copy what you change")
        return made

    def _timed(self, hook: str, *, clocks: bool = False, **arguments: Any) -> Any:
        function = getattr(self._module, hook)
        wanted = {name: arguments[name] for name in signature(function).parameters}
        self._hook = hook
        with self._watch.call(pure=True, clocks=clocks):
            began = time.perf_counter()
            try:
                return function(**wanted)
            finally:
                took = (time.perf_counter() - began) * 1000
                if not clocks:
                    self._times[hook].append((took, self._sample))

    # -- telling -------------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        if self._again:
            return
        for hook, times in self._times.items():
            for text, sample in slowness(hook, times):
                self._problem("warning", text, self._place(hook), sample)
        tried, refused = self._counts["tried"], self._counts["refused"]
        if tried == refused:
            self._problem("warning", "scim_validate refuses every resource, so that nothing was mapped; try other "
                          "settings with --settings.", self._place("scim_validate"))  # fmt: skip
        elif hasattr(self._module, "scim_map") and not self._counts["mapped"]:
            self._problem("warning", "scim_map returns no field for any resource; try other settings with --settings.",
                          self._place("scim_map"))  # fmt: skip

    def _raised(self, hook: str, error: BaseException) -> None:
        cure = "; to refuse a resource, raise it in scim_validate" if isinstance(error, ScimError) else ""
        if hook != "scim_map":
            cure = "; to refuse, raise a 4xx class of scimserver.errors but not Unauthorized"
        place = place_of_error(error, self._root) or self._place(hook)
        what = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
        self._problem("error", f"{hook} raises {what[:300]}{cure}.", place, self._sample)

    def _impure(self, text: str) -> None:
        self._problem("error", f"scim_map {text}.", self._place("scim_map"), self._sample)

    def _did(self, what: str, place: str) -> None:
        """Be told by the watch what a hook does."""
        self._problem("error", f"{self._hook} {what}; it must be without input and output, clock and chance. What "
                      "needs them belongs into scim_startup or scim_after_commit.", place, self._sample)  # fmt: skip

    def _place(self, hook: str) -> str:
        return place_of_hook(self._module, hook)

    def _at(self, hook: str) -> Any:
        self._hook = hook
        self._tell("sample", "")
        return self._watch.call()

    def _problem(self, level: str, text: str, place: str = "", sample: str = "") -> None:
        self._tell("problem", {"level": level, "text": text, "place": place, "sample": sample})

    def _tell(self, what: str, value: Any) -> None:
        print(json.dumps({what: value}, default=str), file=self._out, flush=True)


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, OSError, ValueError):
        pass  # not on this system


def main() -> None:
    """Run the trial that standard input asks for."""
    asked = json.load(sys.stdin)
    # What the plugin prints must not get between our lines.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    _limit_memory()
    Trial(Path(asked["path"]), asked["settings"], asked["call_seconds"], asked["again"], out).run()
    out.close()


if __name__ == "__main__":
    main()
