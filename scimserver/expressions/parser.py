"""Read the text of an expression into a tree.

The grammar, with what each part is called::

    expression = call
    call       = Name "(" [ argument *( "," argument ) ] ")"
    argument   = [ operand [ operator operand ] ]      ; nothing at all is an argument that is left out
    operand    = call / "[" attribute "]" / string / number / "&H" hexadecimal / enum
    enum       = "vbTextCompare" / "vbBinaryCompare"
    operator   = "=" / "<>" / ">" / ">=" / "<" / "<="

Calls that are still open wait in a list, not on Python's stack: depth costs nothing here.
"""

from dataclasses import dataclass, field

from .limits import MAX_DEPTH
from .problems import ExpressionProblem, named
from .tokens import Token, tokenize
from .tree import Attribute, Call, Comparison, Constant, Enum, Node, Omitted, Operand

ENUMS = ("vbTextCompare", "vbBinaryCompare")
_WORDS = {
    "and": "there is no AND: nest another IIF in the true branch",
    "or": "there is no OR: nest another IIF in the false branch",
    "not": "negation is the function Not(…)",
    "true": 'write "True" as a text',
    "false": 'write "False" as a text',
    "null": "leave the argument out, or name an attribute",
}


def parse(text: str) -> Call:
    """Return the tree of an expression. Raises :class:`ExpressionProblem` with the place and the cure."""
    return _Parser(text).expression()


@dataclass(slots=True)
class _Open:
    """A call whose closing bracket is still to come."""

    name: Token
    bracket: int
    arguments: list[Node] = field(default_factory=list)
    left: Operand | None = None
    operator: Token | None = None
    right: Operand | None = None


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._next = 0
        self._open: list[_Open] = []

    def expression(self) -> Call:
        self._expect_call()
        while True:
            token = self._take()
            match token.kind:
                case "name" if self._tokens[self._next].kind == "(":
                    self._enter(token)
                case ",":
                    self._open[-1].arguments.append(self._argument(token))
                case ")":
                    call = self._leave(token)
                    if not self._open:
                        return self._whole(call)
                    self._place(call, token)
                case "operator":
                    self._compare(token)
                case "end":
                    name, bracket = named(self._open[-1].name.text), self._open[-1].bracket
                    raise self._problem(f"the bracket of {name} is not closed: add a )", bracket)
                case _:
                    self._place(self._operand(token), token)

    def _expect_call(self) -> None:
        """Refuse what is a mapping of another kind, or nothing."""
        first = self._tokens[0]
        if first.kind == "end":
            raise self._problem('it is empty: write a call such as Join(" ", [givenName], [surname])', 0)
        if first.kind == "attribute":
            raise self._problem("a bare attribute is a direct mapping, no expression: map it directly", first.position)
        if first.kind in ("string", "number"):
            raise self._problem("a bare value is a constant mapping, no expression: map a constant", first.position)
        if first.kind != "name":
            raise self._problem("an expression begins with the name of a function", first.position)
        if self._tokens[1].kind != "(":
            raise self._problem(f"expected ( behind the function {named(first.text)}", self._tokens[1].position)

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _enter(self, name: Token) -> None:
        bracket = self._take()
        if self._open:
            self._check_room(name)
        self._open.append(_Open(name, bracket.position))
        if len(self._open) > MAX_DEPTH:
            raise self._problem(
                f"calls are nested more than {MAX_DEPTH} deep: a Switch replaces a chain of IIFs", name.position
            )

    def _leave(self, bracket: Token) -> Call:
        call = self._open[-1]
        if call.arguments or call.left:
            call.arguments.append(self._argument(bracket))
        self._open.pop()
        return Call(call.name.position, call.name.text, tuple(call.arguments))

    def _whole(self, call: Call) -> Call:
        after = self._tokens[self._next]
        if after.kind != "end":
            raise self._problem("the expression ends before this: it is one call, with others nested", after.position)
        return call

    def _argument(self, separator: Token) -> Node:
        """Close the argument that ends at a comma or bracket."""
        call = self._open[-1]
        left, operator, right = call.left, call.operator, call.right
        call.left = call.operator = call.right = None
        if left is None:
            return Omitted(separator.position)
        if operator is None:
            return left
        if right is None:
            raise self._problem(f"{operator.text} needs something to compare with on its right", separator.position)
        return Comparison(left.position, left, operator.text, right)

    def _compare(self, operator: Token) -> None:
        call = self._open[-1]
        if call.left is None:
            raise self._problem(f"{operator.text} needs something to compare on its left", operator.position)
        if call.operator is not None:
            raise self._problem("one comparison at a time: nest another IIF", operator.position)
        call.operator = operator

    def _check_room(self, token: Token) -> None:
        """Refuse a second operand where a comma or bracket has to come first."""
        call = self._open[-1]
        if call.right is not None or (call.left is not None and call.operator is None):
            word = _WORDS.get(token.text.lower()) if token.kind == "name" else None
            raise self._problem(word or "expected a comma or ) before this", token.position)

    def _place(self, operand: Operand, token: Token) -> None:
        if token.kind != ")":
            self._check_room(token)
        call = self._open[-1]
        if call.operator is None:
            call.left = operand
        else:
            call.right = operand

    def _operand(self, token: Token) -> Operand:
        match token.kind:
            case "attribute":
                return Attribute(token.position, token.text)
            case "string":
                return Constant(token.position, token.text)
            case "number":
                return Constant(token.position, int(token.text))
            case "name" if token.text in ENUMS:
                return Enum(token.position, token.text)
            case "name":
                self._check_room(token)
                word = named(token.text)
                cure = _WORDS.get(token.text.lower()) or (
                    f'write [{word}] for an attribute, "{word}" for a text, {word}(…) for a function'
                )
                raise self._problem(f"the word {word} means nothing alone: {cure}", token.position)
        raise self._problem("a bracket opens without the name of a function before it", token.position)

    def _problem(self, message: str, position: int) -> ExpressionProblem:
        return ExpressionProblem(message, self._text, position)
