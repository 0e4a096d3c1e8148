"""Imports point one way, and each foreign package has one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import scimserver

ROOT = Path(scimserver.__file__).parent
LAYERS = ("errors", "schema", "scim", "mapping", "store", "service", "web", "cli")
"""From the inside to the outside: a layer imports only from those before it."""
OUTSIDERS = {"expressions": (), "conformance": (), "simulate": ("expressions",)}
"""Parts that know nothing of the server, and what of the rest they may import: a client must not be its mirror."""
HOMES = {
    "pymongo": ("store",),
    "motor": ("store",),
    "bson": ("store",),
    "tornado": ("web",),
    "pluggy": ("hookspecs", "plugins"),
    "jsonschema": ("schema",),
    "jsonschema_rs": ("schema",),
    "click": ("cli",),
    "regex": ("expressions",),
    "faker": ("simulate",),
    "httpx": ("simulate", "conformance"),
    "yaml": ("service",),
    "prometheus_client": ("metrics",),
    "openapi_pydantic": ("web",),
}


def imports(path: Path) -> Iterator[str]:
    """Yield every imported module as an absolute dotted name."""
    package = ("scimserver", *path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: -node.level]) if node.level else ""
            module = ".".join(p for p in (base, node.module or "") if p)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def part_of(dotted: str) -> str:
    return dotted.split(".")[1] if dotted.startswith("scimserver.") else ""


def modules() -> list[Path]:
    return [p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py"]


def test_imports_point_from_the_outside_to_the_inside() -> None:
    wrong = []
    for path in modules():
        layer = path.relative_to(ROOT).with_suffix("").parts[0]
        if layer not in LAYERS:
            continue
        outer = LAYERS[LAYERS.index(layer) + 1 :]
        wrong += [f"{path.relative_to(ROOT)} imports {name}" for name in imports(path) if part_of(name) in outer]
    assert wrong == []


def test_clients_know_the_server_by_http_only() -> None:
    wrong = []
    for path in modules():
        part = path.relative_to(ROOT).with_suffix("").parts[0]
        if part in OUTSIDERS:
            allowed = (part, *OUTSIDERS[part])
            ours = (name for name in imports(path) if name.startswith("scimserver"))
            wrong += [f"{path.relative_to(ROOT)} imports {name}" for name in ours if part_of(name) not in allowed]
    assert wrong == []


def test_foreign_packages_stay_in_their_place() -> None:
    wrong = []
    for path in modules():
        part = path.relative_to(ROOT).with_suffix("").parts[0]
        for name in imports(path):
            homes = HOMES.get(name.split(".")[0])
            if homes and part not in homes:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}, which belongs to {' and '.join(homes)}")
    assert wrong == []
