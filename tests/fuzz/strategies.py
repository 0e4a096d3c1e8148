"""What clients might send: right, nearly right, and nonsense; made from the schema, so that it meets what is stored."""

from typing import Any

from hypothesis import strategies as st

from scimserver.schema.attributes import Attribute, ResourceType
from scimserver.scim.mutability import writable
from tests.unit.scim_filter.random_filters import INSTANTS, filters

Strategy = st.SearchStrategy[Any]

TEXTS = ["a", "A", "b", "work", "home", "", " ", "$gt", "a.b", "True", "é", "ß", "SS", "\x00", "🦊", "x" * 300]
PIECES = [
    "userName", "emails", "members", "name", "[", "]", "(", ")", ".", ":", ",", " ", "  ", '"', '"x"', "\\", "\\u0000",
    "not", "and", "or", "eq", "ne", "pr", "co", "gt", "true", "null", "1e9", "-0", "$ref", "value", "type", "primary",
    "urn:ietf:params:scim:schemas:core:2.0:User:", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "é", "\x00", "\n", "%", "+", "&", "#", "{}", "(" * 40,
]  # fmt: skip
NUMBERS = [0, 1, -1, 1.0, 1.5, -2.25, 1e300, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]


@st.composite
def mutated(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """Take a good text and spoil it in a few places, or leave it."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 3)))
        middle = draw(st.sampled_from([*PIECES, text[start:end].swapcase(), text[start:end] * 2]))
        text = text[:start] + middle + text[end:]
    return text


garbage = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))

atoms: Strategy = st.one_of(
    st.none(), st.booleans(), st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.sampled_from(INSTANTS)
)


def mostly(usual: Strategy, *others: Strategy) -> Strategy:
    """Draw from the first in three of four cases (``one_of`` gives each branch the same share, however often listed)."""
    return st.sampled_from([usual, usual, usual, st.one_of(others)]).flatmap(lambda chosen: chosen)


def json_values(names: st.SearchStrategy[str]) -> Strategy:
    """Any JSON, with names that may mean something."""

    def around(inner: Strategy) -> Strategy:
        return st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=4))

    return st.recursive(atoms, around, max_leaves=6)


def values(attribute: Attribute) -> Strategy:
    """Right values of an attribute, a list of them where it is multi-valued."""
    one = _one(attribute)
    return mostly(st.lists(one, min_size=1, max_size=3), st.just([])) if attribute.multi_valued else one


def _one(attribute: Attribute) -> Strategy:
    match attribute.type:
        case "complex":
            subs = {sub.name: values(sub) for sub in attribute.sub_attributes}
            return st.fixed_dictionaries({}, optional=subs)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(0, 3)
        case "decimal":
            return st.sampled_from([0, 1, 1.5])
        case "dateTime":
            return st.sampled_from(INSTANTS)
        case "binary":
            return st.sampled_from(["", "TWluZQ==", "TWluZQ"])
        case _:
            return st.sampled_from(TEXTS)


def paths(resource_type: ResourceType) -> st.SearchStrategy[tuple[str, Attribute]]:
    """Good paths with the attribute that their value is of: names, sub-attributes, value paths, with and without URN."""
    plain: list[tuple[str, Attribute]] = []
    selecting: list[st.SearchStrategy[tuple[str, Attribute]]] = []
    maintained: list[tuple[str, Attribute]] = []
    for attribute in resource_type.attributes():
        urn = attribute.schema or resource_type.schema.id
        names = [f"{urn}:{attribute.name}"] if resource_type.is_extension_attribute(attribute) else [attribute.name]
        names += [f"{urn.upper()}:{attribute.name}"] if attribute.type == "dateTime" else []
        for name in names:
            found = [(name, attribute), *((f"{name}.{sub.name}", sub) for sub in attribute.sub_attributes)]
            (plain if writable(attribute) and attribute.name != "schemas" else maintained).extend(found)
        if (attribute.multi_valued or attribute.type == "complex") and writable(attribute):
            selecting.append(_value_paths(names[0], attribute))
    return mostly(st.sampled_from(plain) | st.one_of(selecting), st.sampled_from(maintained))


def _value_paths(name: str, attribute: Attribute) -> st.SearchStrategy[tuple[str, Attribute]]:
    subs = [sub for sub in attribute.sub_attributes if sub.name != "$ref"]
    terms = st.one_of([_terms(sub.name, sub) for sub in subs] or [_terms("value", attribute)])
    several = st.lists(terms, min_size=2, max_size=3)
    inner = mostly(terms, several.map(" and ".join), several.map(" or ".join), terms.map("not ({})".format))
    ends: list[tuple[str, Attribute]] = [("", attribute), *((f".{sub.name}", sub) for sub in attribute.sub_attributes)]
    return st.builds(lambda condition, end: (f"{name}[{condition}]{end[0]}", end[1]), inner, st.sampled_from(ends))


def _terms(name: str, attribute: Attribute) -> st.SearchStrategy[str]:
    match attribute.type:
        case "boolean":
            equal = st.sampled_from(["eq true", 'eq "True"', "ne true"])
        case "integer" | "decimal":
            equal = st.sampled_from(["eq 1", "gt 0", "le 1.5"])
        case "dateTime":
            equal = st.sampled_from(INSTANTS).map('ge "{}"'.format)
        case _:
            equal = st.sampled_from(['eq "a"', 'eq "work"', 'eq "u_1"', 'sw ""', 'co "o"'])
    return mostly(equal, st.just("pr")).map(f"{name} {{}}".format)


def right_bodies(resource_type: ResourceType) -> Strategy:
    """Bodies that a server takes: every attribute may be there, and what is required is."""
    core: dict[str, Strategy] = {}
    extensions: dict[str, dict[str, Strategy]] = {e.id: {} for e in resource_type.extensions}
    for attribute in resource_type.attributes():
        home = extensions[attribute.schema] if resource_type.is_extension_attribute(attribute) else core
        home[attribute.name] = _filled(attribute) if attribute.required else values(attribute)
    core["schemas"] = st.just([resource_type.schema.id, *extensions])
    required = {
        name: core.pop(name) for name in ["schemas", *(a.name for a in resource_type.schema.attributes if a.required)]
    }
    core |= {urn: st.fixed_dictionaries({}, optional=shape) for urn, shape in extensions.items()}
    return st.fixed_dictionaries(required, optional=core)


def _filled(attribute: Attribute) -> Strategy:
    """Values of a required attribute: not empty, not longer than a schema may allow."""
    text = st.sampled_from(["a", "A", "work"])
    return st.lists(text, min_size=1, max_size=3) if attribute.multi_valued else text


def bodies(resource_type: ResourceType) -> Strategy:
    """Whole bodies: right ones, some with a wrong or strange member, and any JSON."""
    right = right_bodies(resource_type)
    known = [a.name for a in resource_type.attributes()] + [e.id for e in resource_type.extensions]
    names = st.sampled_from([*known, *(name.upper() for name in known), "PASSWORD", "$ref", "x"]) | st.text(max_size=4)
    spoiled = st.builds(lambda a, b: a | b, right, st.dictionaries(names, json_values(names), max_size=2))
    return mostly(right, spoiled, json_values(names))


def patches(resource_type: ResourceType) -> Strategy:
    """PATCH messages, most of them well-formed and about values that fit."""
    names = st.sampled_from([a.name for a in resource_type.attributes()])
    anything = json_values(names)
    ops = st.sampled_from(["add", "replace", "remove"])
    right = right_bodies(resource_type)

    def targeted(target: tuple[str, Attribute]) -> Strategy:
        path, attribute = target
        value = _filled(attribute) if attribute.required else mostly(values(attribute), _one(attribute))
        return st.fixed_dictionaries({"op": ops, "path": st.just(path), "value": mostly(value, anything)})

    @st.composite
    def without_path(draw: st.DrawFn) -> Any:
        body = draw(right)
        chosen = draw(st.lists(st.sampled_from(sorted(body)), max_size=2))
        return {"op": draw(st.sampled_from(["add", "replace"])), "value": {name: body[name] for name in chosen}}

    spoiled = st.fixed_dictionaries(
        {
            "op": ops | st.sampled_from([None, "move", 1, "Add", "REPLACE"]),
            "value": mostly(anything, bodies(resource_type)),
        },
        optional={"path": mutated(paths(resource_type).map(lambda target: target[0])) | garbage | st.none()},
    )
    good = paths(resource_type).flatmap(targeted)
    several = mostly(good, without_path(), spoiled)
    operations = mostly(st.lists(mostly(good, without_path()), min_size=1, max_size=2), st.lists(several, max_size=4))
    urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    message = st.fixed_dictionaries({"schemas": st.just([urn]), "Operations": operations})
    return mostly(message, st.fixed_dictionaries({"Operations": operations | anything}), anything)


def filter_texts(resource_type: ResourceType) -> st.SearchStrategy[str]:
    """Filters: right, spoiled, and nonsense."""
    right = filters(resource_type).map(str)
    return st.one_of(right, mutated(right), mutated(right), garbage)
