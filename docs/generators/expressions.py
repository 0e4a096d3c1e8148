"""The page of the expression language, from the docstrings of its functions."""

import inspect
import json
import re
from collections.abc import Iterator
from types import ModuleType

from scimserver.expressions import limits, parser
from scimserver.expressions.functions import MODULES
from scimserver.expressions.registry import FUNCTIONS, Function
from scimserver.mapping import paths
from scimserver.mapping.aliases import ALIASES
from scimserver.mapping.kinds import KINDS
from scimserver.mapping.sources import ABSENT

from .markdown import MADE, doc, prose, table


def expressions_page() -> str:
    """The language of attribute mappings: grammar, null rules, limits, and every function with its examples."""
    parts = ["# Expressions\n", MADE.format(source="scimserver/expressions"), EXPRESSIONS_INTRODUCTION]
    grammar = doc(parser).split("::\n\n")[1].split("\n\n")[0]
    parts.append(f"## Grammar\n\n```text\n{inspect.cleandoc(grammar)}\n```\n\n{EXPRESSIONS_GRAMMAR}")
    parts.append(f"## Null and empty\n\n{EXPRESSIONS_NULLS}")
    parts.append(sources_and_types())
    parts.append(f"## Limits\n\n{table(('limit', '', ''), limit_rows())}\n{EXPRESSIONS_LIMITS}")
    person = table(("attribute", "value"), ((f"`{name}`", f"`{shown(value)}`") for name, value in PERSON.items()))
    parts.append(f"## The person of the examples\n\n{person}\n{EXPRESSIONS_PERSON}")
    for module in MODULES:
        title, _, rest = prose(module).partition("\n")
        parts.append(f"## {title}\n{rest}\n".rstrip() + "\n")
        parts += [function_section(function) for function in functions_of(module)]
    return "\n".join(parts)


def sources_and_types() -> str:
    """Return the sections of what the plugin `expressions` adds to the language."""
    rules = prose(paths).partition("\n\n")[2]
    names = table(
        ("resource type", "name", "stands for"),
        (
            (kind, f"`{name}`", alias.meaning)
            for kind, named in ALIASES.items()
            for name, alias in sorted(named.items(), key=lambda each: each[0].lower())
        ),
    )
    kinds = table(("type", "a value becomes"), ((f"`{k}`", " ".join(prose(run).split())) for k, run in KINDS.items()))
    absent = ", ".join(f"`{name}`" for name in ABSENT)
    return (
        f"## SCIM paths\n\n{EXPRESSIONS_PATHS}\n{rules}\n\nNot there when a document is made: {absent}.\n\n"
        f"## Names of the directory\n\n{EXPRESSIONS_NAMES}\n{names}\n"
        f"## Types of a field\n\n{EXPRESSIONS_KINDS}\n{kinds}"
    )


def limit_rows() -> Iterator[tuple[str, str, str]]:
    """Yield name, value and meaning of every limit, from the texts below them."""
    source = inspect.getsource(limits)
    for name, meaning in re.findall(r'^([A-Z_]+) = [^\n]*\n"""(.*?)"""', source, re.MULTILINE | re.DOTALL):
        value = getattr(limits, name)
        yield f"`{name}`", f"{value:,}" if value != limits.MAX_NUMBER else "2⁶³ − 1", meaning.replace("``", "`")


def functions_of(module: ModuleType) -> list[Function]:
    """Return the functions that a module defines, in its order."""
    return [function for function in FUNCTIONS.values() if function.run.__module__ == module.__name__]


def function_section(function: Function) -> str:
    """Return heading, signature, explanation and examples of one function."""
    text, *examples = prose(function.run).split("Example: ")
    given = [*function.parameters, *filter(None, [function.repeated])]
    kinds = "; ".join(f"{p.name}: {p.kind.description}{'' if p.required else ', optional'}" for p in given)
    listed = "\n".join(f"* {' '.join(example.split())}" for example in examples)
    return (
        f"### {function.name}\n\n`{function.signature}`{f' ({kinds})' if kinds else ''}\n\n{text.strip()}\n\n{listed}\n"
    )


def shown(value: object) -> str:
    """Return a value as the examples show it: text in double quotes, `True`, `null`."""
    return str(value) if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


PERSON = {
    "givenName": "Ines",
    "surname": "Okafor",
    "userPrincipalName": "ines.okafor@larkfield.example",
    "mail": None,
    "department": "Harbour Works",
    "streetAddress": "14 Harbour Row",
    "city": "Leith",
    "state": "Lothian",
    "postalCode": "EH6 6QQ",
    "country": "GB",
    "employeeId": "40017",
    "extensionAttribute1": "20310402T0900",
    "proxyAddresses": ["SMTP:ines@larkfield.example", "smtp:io@larkfield.example", "smtp:io@larkfield.example"],
    "appRoleAssignments": [
        {"id": "c0a9", "value": "editor", "displayName": "Editor"},
        {"id": "4b8d", "value": "viewer", "displayName": "Viewer"},
    ],
}

EXPRESSIONS_INTRODUCTION = """\
The language of Microsoft Entra's attribute mappings, evaluated here as Entra evaluates it there. The client simulator
computes with it what Entra would send. Where Microsoft's documentation is silent, or says only that something is not
supported, the text below says "our assumption" or "our reading": try such a case in Entra before you rely on it.

An expression is compiled once. What can be said without a value is said then, with the place and the cure: an unknown
function with the nearest name, a wrong number of arguments, a constant that does not fit, a regular expression that is
none. What only a value can show, such as a date that does not match its format, fails for that one source; the message
names function, rule and place, and never the value.

```text
there is no function Uper: did you mean ToUpper? (character 10)
  Join("", Uper([city]))
           ^
```
"""
EXPRESSIONS_GRAMMAR = """\
* Names of functions and attributes are exact in letter case. Blanks and line breaks between the parts do not count.
* In a text only `\\\\` and `\\"` are escapes; every other backslash is refused. A regular expression therefore doubles
  its backslashes: `"\\\\d+"`.
* Numbers are whole. There is no arithmetic, no joining with `&`, no AND, OR or NOT between comparisons.
* A comparison stands in the condition of `IIF` or in `CBool`.
* An attribute is a name of the source. Brackets inside it are balanced: `[emails[type eq "work"].value]`,
  `[urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department]`. A name that the source lacks is null.
* `[appRoleAssignments]` is taken by the role functions only, and they take nothing else.
* The whole is a call: a bare attribute or text is a mapping of another kind.
"""
EXPRESSIONS_NULLS = """\
A result that is null is not sent. An attribute that is absent, null or an empty list is null; the empty text is not.

| function | null or empty argument |
| --- | --- |
| Left, Word | null gives the empty text |
| Join | null and empty are skipped together with their separator; if all are, the result is the empty text |
| Coalesce | null is skipped, empty is not |
| IsNull, IsNullOrEmpty, IsPresent | as their names say |
| comparison in IIF or CBool | false, whatever the operator, if a side is null or an attribute that is empty |
| condition of IIF | null is false: the third argument |
| Switch | the key `""` matches null and empty; without it the default, or null |
| Not, CBool | null is not true |
| Count | 0 |
| IgnoreFlowIfNullOrEmpty | null |
| Replace with replacementAttributeName | null and empty fall back to the other attribute |
| Replace with a null replacementValue | as if it were empty |
| SelectUniqueValue | the rule is passed over |
| everything else | null |
"""
EXPRESSIONS_PATHS = """\
In a mapping of the plugin `expressions` an attribute is a SCIM path: `userName`, `emails[type eq "work"].value`,
`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`. How to write such a mapping is told
[step by step](../howto/map-with-expressions.md).
"""
EXPRESSIONS_NAMES = """\
Sources that Entra's expressions name are known too, in any letter case, and stand for what the tutorial maps them to.
So its expressions work here as they stand. A custom resource type has none of them.
"""
EXPRESSIONS_KINDS = """\
What is null, empty or a list without elements is no value of any type: the field is left out then, or is its default.
"""
EXPRESSIONS_LIMITS = """\
What is larger is a problem like any other. A regular expression that would run away is stopped by the clock.
"""
EXPRESSIONS_PERSON = """\
The present moment is 2 April 2031, 9:05:07 in UTC. Texts are shown in double quotes, and null as `null`.
"""
