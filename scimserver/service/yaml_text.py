"""The text form of a workspace and its parts: YAML that git shows well, read without YAML's surprises.

Read is the JSON-like part of YAML 1.2: ``on`` and ``2026-01-02`` are texts, a name may stand only once, and there are
no anchors, which could make a small file huge. JSON is read as well.
"""

import contextlib
import json
import re
from collections.abc import Hashable
from typing import Any

import yaml

MAX_TEXT = 4 * 1024 * 1024
"""Longest text that is read, in characters."""

_BOOL = "tag:yaml.org,2002:bool"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")


class TextProblem(Exception):
    """The text cannot be read; says where, which rule is broken, and what to do."""


class _Loader(yaml.SafeLoader):
    # Tags that PyYAML, which reads YAML 1.1, would see in plain words.
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_BOOL, _TIMESTAMP)]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="anchors (*name) are not read", problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str):
                raise yaml.MarkedYAMLError(problem="a name must be a text", problem_mark=key.start_mark)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"`{name}` stands twice", problem_mark=key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), list("tf"))


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    # PyYAML writes the rarer line ends as they are, and reads all of them as one.
    style = '"' if _LINE_ENDS.search(value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise TextProblem(f"`{next(name for name in names if names.count(name) > 1)}` stands twice in one object.")
    return made


def load(text: str) -> Any:
    """Read YAML or JSON into dicts, lists, texts, numbers, booleans and None.

    Raises:
        TextProblem: it is neither, or uses what is not read here; names line and column.
    """
    if len(text) > MAX_TEXT:
        raise TextProblem(f"The text is longer than {MAX_TEXT} characters: split it.")
    if text.lstrip()[:1] in ("{", "["):
        # Almost all JSON is YAML, but not each of its escapes and numbers.
        with contextlib.suppress(json.JSONDecodeError, RecursionError):
            return json.loads(text, object_pairs_hook=_unique)
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise TextProblem(f"{place}{error.problem or error.context}.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise TextProblem(f"The text is not YAML or JSON: {error}") from None


def dump(value: Any) -> str:
    """Write JSON-like data as YAML: names in the order given, texts of several lines as blocks, always the same."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
