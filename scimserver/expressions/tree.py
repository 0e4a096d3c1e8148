"""The tree of an expression. ``str()`` writes it in one way only: reading that again gives an equal tree."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class _Placed:
    position: int = field(compare=False, repr=False)
    """Where it begins in the text, from 0; trees are equal wherever they stand."""


@dataclass(frozen=True, slots=True)
class Attribute(_Placed):
    """An attribute of the source: ``[city]``."""

    name: str

    def __str__(self) -> str:
        return f"[{self.name}]"


@dataclass(frozen=True, slots=True)
class Constant(_Placed):
    """A text or a number."""

    value: str | int

    def __str__(self) -> str:
        if isinstance(self.value, int):
            return str(self.value)
        return '"' + self.value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Enum(_Placed):
    """``vbTextCompare`` or ``vbBinaryCompare``."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Omitted(_Placed):
    """An argument that is left out: nothing between two commas."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Comparison(_Placed):
    """``[country] = "GB"``."""

    left: "Operand"
    operator: str
    right: "Operand"

    def __str__(self) -> str:
        return _written(self)


@dataclass(frozen=True, slots=True)
class Call(_Placed):
    """A function with its arguments."""

    name: str
    arguments: tuple["Node", ...]

    def __str__(self) -> str:
        return _written(self)


Operand = Call | Attribute | Constant | Enum
Node = Operand | Comparison | Omitted


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Call):
            waiting += reversed(node.arguments)
        elif isinstance(node, Comparison):
            waiting += (node.right, node.left)


def _written(root: Node) -> str:
    """Write a tree without a stack of calls: it may be deep."""
    written, waiting = list[str](), list[Node | str]([root])
    while waiting:
        part = waiting.pop()
        if isinstance(part, Call):
            waiting.append(")")
            for place, argument in reversed(list(enumerate(part.arguments))):
                waiting += (argument, ", ") if place else (argument,)
            waiting.append(f"{part.name}(")
        elif isinstance(part, Comparison):
            waiting += (part.right, f" {part.operator} ", part.left)
        else:
            written.append(str(part))
    return "".join(written)
