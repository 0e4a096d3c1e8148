"""Expressions, sources and garbage by chance: from a seed, so that a case can be made again."""

import string
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from scimserver.expressions.functions import FUNCTIONS
from scimserver.expressions.kinds import Interval
from scimserver.expressions.limits import MAX_NUMBER
from scimserver.expressions.parser import ENUMS
from scimserver.expressions.registry import Parameter
from scimserver.expressions.tree import Attribute, Call, Comparison, Constant, Enum, Node, Omitted, Operand

NAMES = ["city", "list", "number", "date", "roles", 'emails[type eq "work"].value']
OPERATORS = ["=", "<>", ">", ">=", "<", "<="]
TEXTS = [
    "",
    '"',
    "\\",
    "a\\b",
    '\\"',
    "a, b",
    "ÿß🚢",
    "\n",
    "True",
    "7",
    "-12",
    "2031-04-02",
    "(?<a>.)",
    "yyyy",
    "[x]",
    "é\0",
]
FITTING: dict[str, list[str | int]] = {
    "text": [*TEXTS],
    "whole number": [-1, 0, 1, 5, 40],
    "number from 1": [1, 2, 5],
    "date": ["2031-04-02", "4/2/2031 9:05:07 AM", "2031-04-02T09:05:07+02:00"],
    "culture": ["tr-TR", "en", ""],
    "interval": [each.value for each in Interval],
    "regular expression": ["(?<a>.)", "\\s+", "(?i)[a-z]*", "(a|b)+$", "(?:a|aa)*$"],
    "date format": ["yyyy-MM-dd", "M/d/yyyy", "dd.MM.yy HH:mm", "dddd, d MMMM yyyy", "o", "%K"],
    "date styles": ["AssumeUniversal", "AllowWhiteSpaces", ""],
}
GARBAGE = ["Join(", "IIF(", "Switch(", ")", ",", "[", "]", "[city]", '"', '"x"', "\\", "=", "<>", "-", "1", "&H", "&HFF", " ",
           "Now()", "vbTextCompare", "AND", "\n", "[a[b]", "(", "Left", "§", "'", "“"]  # fmt: skip
PATTERNS = ["a", "b", "(", ")", "(?:", "(?<n>", "(?i)", "[", "]", "^", "-", "\\d", "\\k<n>", "\\1", "*", "+?", "{2}", "|", ".", "$",
            "(?=", "(?<!", "\\", "(?x)", "#", " ", "\\p{L}", "(?(n)", "[a-z-[b]]", "(?>"]  # fmt: skip


class Maker:
    """Makes things up."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def joined(self, pieces: list[str], most: int) -> str:
        return "".join(self.random.choices(pieces, k=self.random.randint(0, most)))

    # -- any tree that can be written

    def tree(self, depth: int = 4) -> Call:
        name = self.random.choice([self.word(), *FUNCTIONS])
        arguments = tuple(self.node(depth - 1) for _ in range(self.random.randint(0, 4)))
        # One argument that is left out is written like none at all.
        return Call(0, name, () if arguments == (Omitted(0),) else arguments)

    def word(self) -> str:
        return self.random.choice(string.ascii_letters + "_") + self.joined([*string.ascii_letters, "7", "_"], 5)

    def node(self, depth: int) -> Node:
        if self.random.random() < 0.15:
            return Omitted(0)
        if self.random.random() < 0.15:
            return Comparison(0, self.operand(depth), self.random.choice(OPERATORS), self.operand(depth))
        return self.operand(depth)

    def operand(self, depth: int) -> Operand:
        made: Operand = self.random.choice([
            Attribute(0, self.random.choice([*NAMES, self.word() + " " + self.word(), "a:b.c", "x\ny"])),
            Constant(0, self.random.choice(TEXTS)),
            Constant(0, self.random.randint(-MAX_NUMBER, MAX_NUMBER)),
            Enum(0, self.random.choice(ENUMS)),
        ])  # fmt: skip
        return self.tree(depth) if depth > 0 and self.random.random() < 0.4 else made

    # -- a call whose arguments mostly fit

    def sensible(self, depth: int = 3) -> Call:
        function = self.random.choice(list(FUNCTIONS.values()))
        parameters = list(function.parameters)
        if function.repeated:
            parameters += [function.repeated] * (2 * self.random.randint(0, 2))
        return Call(0, function.name, tuple(self.argument(parameter, depth) for parameter in parameters))

    def argument(self, parameter: Parameter, depth: int) -> Node:
        kind = parameter.kind.description
        if not parameter.required and self.random.random() < 0.3:
            return Omitted(0)
        if kind == "role assignments":
            return Attribute(0, "appRoleAssignments")
        if kind == "enum":
            return Enum(0, self.random.choice(ENUMS))
        if kind == "condition" and self.random.random() < 0.5:
            return Comparison(0, self.fitting(kind, depth), self.random.choice(OPERATORS), self.fitting(kind, depth))
        return self.fitting(kind, depth)

    def fitting(self, kind: str, depth: int) -> Operand:
        chance = self.random.random()
        if depth > 0 and chance < 0.5:
            return self.sensible(depth - 1)
        if chance < 0.75:
            return Attribute(0, self.random.choice(NAMES))
        return Constant(0, self.random.choice(FITTING.get(kind, [*TEXTS, 3])))

    # -- a source

    def source(self) -> dict[str, Any]:
        names = self.random.sample(NAMES, self.random.randint(0, len(NAMES)))
        return {name: self.anything() for name in [*names, "appRoleAssignments"]}

    def anything(self, depth: int = 2) -> Any:
        chance = self.random.random()
        if depth and chance < 0.2:
            return [self.anything(depth - 1) for _ in range(self.random.randint(0, 3))]
        if depth and chance < 0.3:
            return {self.random.choice(["id", "value", "displayName", "x"]): self.anything(depth - 1) for _ in range(3)}
        moment = datetime(1, 1, 1) + timedelta(seconds=self.random.randint(0, 315_537_897_599))
        return self.random.choice([
            *TEXTS, None, True, False, 0, -1, 7, 10**self.random.randint(0, 400), 1.5, float("nan"), float("-inf"), b"x", ("a", "b"),
            {1}, "aaaa" * 10, "x" * 70_000, "\ud800", moment, moment.replace(tzinfo=UTC), object(), 2**63, "2031-04-02",
        ])  # fmt: skip
