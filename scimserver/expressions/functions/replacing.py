"""Replacing"""

from collections.abc import Sequence

from ..context import Context
from ..kinds import NonEmpty
from ..limits import MAX_RESULT
from ..patterns import Pattern, compile_pattern
from ..problems import Refused
from ..registry import LEFT_OUT, LeftOut, Misfit, function
from ..tree import Constant, Node, Omitted

_OPTIONAL = ("oldValue", "regexPattern", "regexGroupName", "replacementValue", "replacementAttributeName", "template")
_GROUP = 1 + _OPTIONAL.index("regexGroupName")
_MODES = {
    frozenset({"oldValue", "replacementValue"}),
    frozenset({"oldValue", "template"}),
    frozenset({"regexPattern", "replacementValue"}),
    frozenset({"regexPattern", "regexGroupName", "replacementValue"}),
    frozenset({"regexPattern", "regexGroupName", "replacementAttributeName"}),
}


def _one_mode(arguments: Sequence[Node]) -> None:
    given = dict(zip(_OPTIONAL, arguments[1:], strict=False))
    filled = {name: node for name, node in given.items() if not isinstance(node, Omitted)}
    if frozenset(filled) not in _MODES:
        have = " and ".join(filled) or "source alone"
        raise Misfit(
            f"{have} mean nothing together; fill oldValue with replacementValue or template, or regexPattern with "
            "replacementValue (and regexGroupName), or regexPattern with regexGroupName and replacementAttributeName"
        )
    pattern, group = filled.get("regexPattern"), filled.get("regexGroupName")
    if isinstance(pattern, Constant) and isinstance(group, Constant):
        try:
            compile_pattern(str(pattern.value)).group(str(group.value))
        except Refused as refused:
            raise Misfit(str(refused), _GROUP) from None


@function(
    "Replace(source, oldValue, regexPattern, regexGroupName, replacementValue, replacementAttributeName, template)",
    check=_one_mode,
)
def replace(
    context: Context,
    source: str | None,
    old_value: NonEmpty | LeftOut | None = LEFT_OUT,
    pattern: Pattern | LeftOut | None = LEFT_OUT,
    group: NonEmpty | LeftOut | None = LEFT_OUT,
    replacement: str | LeftOut | None = LEFT_OUT,
    other: str | LeftOut | None = LEFT_OUT,
    template: str | LeftOut | None = LEFT_OUT,
) -> str | None:
    r"""Replace parts of a text, letter case included. Which arguments are filled says how:

    * oldValue and replacementValue: every occurrence.
    * oldValue and template: the source takes the place of oldValue in the template.
    * regexPattern and replacementValue: every match; ``${name}`` and ``$1`` stand for groups.
    * regexPattern, regexGroupName and replacementValue: the text of that group in every match.
    * regexPattern, regexGroupName and replacementAttributeName: the source if it has a value, else what the group
      matches in the other attribute; null if nothing.

    Regular expressions are those of .NET, each backslash written twice; balancing groups are not supported. Commas of
    arguments that are left out at the end may be left out too. A null source gives null but in the last mode; a null
    replacementValue counts as empty, any other null argument gives null (our assumptions).

    Example: ``Replace([department], "Harbour", , , "Quay", , )`` → ``"Quay Works"``
    Example: ``Replace([employeeId], "<n>", , , , , "fld-<n>@larkfield.example")`` → ``"fld-40017@larkfield.example"``
    Example: ``Replace([postalCode], , "\\s+", , "", , )`` → ``"EH66QQ"``
    Example: ``Replace([streetAddress], , "(?<no>^\\d+)", "no", "99", , )`` → ``"99 Harbour Row"``
    Example: ``Replace([mail], , "(?<local>^[^@]+)", "local", , [userPrincipalName], )`` → ``"ines.okafor"``
    """
    if other is not LEFT_OUT:
        return source or _extracted(context, pattern, group, other)
    if source is None:
        return None
    new = "" if replacement is LEFT_OUT else replacement or ""
    if pattern is not LEFT_OUT:
        return _by_pattern(context, source, pattern, group, new)
    if isinstance(old_value, LeftOut) or old_value is None or template is None:
        return None
    return _replaced(source, old_value, new) if template is LEFT_OUT else _replaced(template, old_value, source)


def _replaced(text: str, old: str, new: str) -> str:
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_RESULT:
        raise Refused(f"is longer than {MAX_RESULT:,} characters")
    return text.replace(old, new)


def _by_pattern(
    context: Context, source: str, pattern: Pattern | None, group: str | LeftOut | None, replacement: str
) -> str | None:
    if pattern is None or group is None:
        return None
    if group is LEFT_OUT:
        return context.patiently(lambda seconds: pattern.replace(source, replacement, seconds))
    return context.patiently(lambda seconds: pattern.replace_group(source, group, replacement, seconds))


def _extracted(
    context: Context, pattern: Pattern | LeftOut | None, group: str | LeftOut | None, other: str | None
) -> str | None:
    # The check has seen that neither is left out.
    if not isinstance(pattern, Pattern) or not isinstance(group, str) or other is None:
        return None
    return context.patiently(lambda seconds: pattern.extract(other, group, seconds))
