"""Reading a workspace's document: its form, names and types, every problem at once with its place."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ...schema.documents import is_resource_type
from ...storable import NotStorable, storable_settings
from .form import KINDS, SECTIONS, VERSION, Code

LIMITS = ("concurrency",)
MAX_LIMIT = 999_999
MAX_LEVELS = 100
"""Of lists and objects in each other; settings and schemas have bounds of their own, below this one."""
_NONE = {"switches": "{}", "limits": "{}", "plugins": "[]", "schemas": "[]"}
_KINDS = {dict: "names with values", list: "a list", str: "a text"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document."""

    place: str
    """As in ``plugins[1].settings``; empty for the whole document."""
    text: str
    """Which rule is broken, and the cure."""

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class CodeProblem(Exception):
    """A document cannot be used for a workspace; the text has one line for each problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Place and text of each problem."""
        return [(problem.place, problem.text) for problem in self.problems]


def read(document: Any) -> tuple[Code, list[Problem]]:
    """Return what could be read of a document, and what is wrong with its form."""
    reading = _Reading()
    return reading.document(document), reading.problems


@dataclass
class _Reading:
    problems: list[Problem] = field(default_factory=list)

    def document(self, document: Any) -> Code:
        if not isinstance(document, dict):
            self._wrong("", "the document must have the sections that `scimserver workspace export` writes.")
            return Code()
        if _is_deeper(document, MAX_LEVELS):
            self._wrong("", f"the document is nested more than {MAX_LEVELS} deep; nothing in it needs that.")
            return Code()
        self._known(document, SECTIONS, "")
        for name in SECTIONS:
            if name not in document:
                cure = f"; for none write `{name}: {_NONE[name]}`" if name in _NONE else ""
                self._wrong(name, f"is missing: a document has all its sections{cure}.")
        version = document.get("version", VERSION)
        if isinstance(version, bool) or version != VERSION:
            # In another version the same names may mean other things.
            self.problems = [Problem("version", f"must be {VERSION}, the only version that this server reads.")]
            return Code()
        if document.get("profile") == "":
            self._wrong("profile", "must be the name of a profile; `default` is for any identity provider.")
        return Code(
            self._of(str, document, "profile", ""),
            self._switches(self._of(dict, document, "switches", "")),
            self._limits(self._of(dict, document, "limits", "")),
            self._plugins(self._of(list, document, "plugins", "")),
            self._schemas(self._of(list, document, "schemas", "")),
        )

    def _switches(self, section: Mapping[str, Any]) -> dict[str, bool]:
        self._known(section, KINDS, "switches")
        switches = {}
        for kind, names in KINDS.items():
            part = self._of(dict, section, kind, "switches")
            self._known(part, names, f"switches.{kind}")
            for name in part.keys() & names.keys():
                if isinstance(part[name], bool):
                    switches[name] = part[name]
                else:
                    cure = "must be true or false; leave the name out to have it as the profile has it."
                    self._wrong(f"switches.{kind}.{name}", cure)
        return switches

    def _limits(self, section: Mapping[str, Any]) -> dict[str, int]:
        self._known(section, LIMITS, "limits")
        limits = {}
        for name in section.keys() & set(LIMITS):
            value = section[name]
            if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_LIMIT:
                limits[name] = value
            else:
                self._wrong(f"limits.{name}", f"must be a whole number from 1 to {MAX_LIMIT}.")
        return limits

    def _plugins(self, section: Sequence[Any]) -> list[dict[str, Any]]:
        plugins: list[dict[str, Any]] = []
        for position, item in enumerate(section):
            place = f"plugins[{position}]"
            name = item.get("name") if isinstance(item, dict) else None
            if not isinstance(name, str):
                self._wrong(place, "must have a `name`, that of a plugin, and may have `settings`.")
                continue
            self._known(item, ("name", "settings"), place)
            if any(plugin["name"] == name for plugin in plugins):
                self._wrong(place, f"the plugin `{name}` is listed twice; take one of them out.")
            settings = self._of(dict, item, "settings", place)
            try:
                settings = storable_settings(settings)
            except NotStorable as problem:
                at = ".".join([f"{place}.settings", *problem.path])
                self._wrong(at, f"{problem.rule}: it cannot be stored.")
                continue
            plugins.append({"name": name, "settings": settings})
        return plugins

    def _schemas(self, section: Sequence[Any]) -> list[dict[str, Any]]:
        documents = []
        for position, item in enumerate(section):
            if isinstance(item, dict) and isinstance(item.get("name" if is_resource_type(item) else "$id"), str):
                documents.append(item)
            else:
                cure = "must be a schema, which has an `$id`, or a resource type, which has an `endpoint` and a `name`."
                self._wrong(f"schemas[{position}]", cure)
        return documents

    def _of(self, kind: Any, section: Mapping[str, Any], name: str, place: str) -> Any:
        """Return a value of the section, an empty one if it is missing or of another kind."""
        value = section.get(name, kind())
        if isinstance(value, kind):
            return value
        self._wrong(f"{place}.{name}" if place else name, f"must be {_KINDS[kind]}.")
        return kind()

    def _known(self, section: Mapping[str, Any], known: Collection[str], place: str) -> None:
        for name in section:
            if name not in known:
                self._wrong(f"{place}.{name}" if place else name, _unknown(name, known, place))

    def _wrong(self, place: str, text: str) -> None:
        self.problems.append(Problem(place, text))


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for one in layer
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
    return bool(layer)


def _unknown(name: str, known: Collection[str], place: str) -> str:
    if (place, name) == ("", "name"):
        return "a workspace is named beside its document, which can serve several; take the name out."
    close = get_close_matches(name, known, n=1)
    cure = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(known)}."
    return f"there is no such name; {cure}"
