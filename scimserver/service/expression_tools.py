"""Trying expressions, and looking over a workspace's mapping: what the CLI and the admin API call."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..errors import MappingFailed, NotFound, PluginFailed
from ..expressions import ExpressionProblem, compile_expression
from ..expressions.functions import FUNCTIONS, MODULES
from ..expressions.problems import excerpt
from ..expressions.registry import Function
from ..expressions.tree import Attribute, walk
from ..mapping.aliases import ALIASES, Alias
from ..mapping.checks import nearest, unknown
from ..mapping.fields import Field, field_value
from ..mapping.lint import Remark, Sample, lint
from ..mapping.selection import BadPath
from ..mapping.sources import reader, source
from ..schema.catalogue import SchemaCatalogue
from ..store.resources import ResourceStores
from ..store.workspaces import WorkspaceProblem
from .workspaces import ActiveWorkspace, WorkspaceService

PLUGIN = "expressions"
"""Name of the plugin whose settings are a mapping."""
SAMPLE = 200
"""Resources of each type that are looked at."""
_EXAMPLE = re.compile(r"Example: ``(.+?)`` →\s+``(.+?)``(?=\s*(?:Example:|$))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Trial:
    """What an expression gave."""

    value: Any = None
    """In the type that was asked for; a date is a datetime."""
    reads: Sequence[Mapping[str, Any]] = ()
    """Each attribute: ``name``, ``stands_for`` (paths), ``value``."""
    warnings: Sequence[str] = ()
    """Attributes that are always null, with the cure."""
    problem: Mapping[str, Any] | None = field(default=None)
    """``message``, ``position`` (from 0; None if it is the value that does not fit), ``excerpt`` and ``column`` of the
    place in it; None if all is well."""

    def to_json(self) -> dict[str, Any]:
        """Return it for machines; dates as ISO 8601."""
        return {
            "value": _plain(self.value),
            "reads": [{**read, "value": _plain(read["value"])} for read in self.reads],
            "warnings": list(self.warnings),
            "problem": dict(self.problem) if self.problem else None,
        }


class ExpressionTools:
    """What one does with expressions outside of a write."""

    def __init__(self, workspaces: WorkspaceService, stores: ResourceStores, catalogue: SchemaCatalogue) -> None:
        self._workspaces = workspaces
        self._stores = stores
        self._catalogue = catalogue

    async def evaluate(
        self,
        text: str,
        *,
        resource: Mapping[str, Any] | None = None,
        slug: str | None = None,
        resource_id: str | None = None,
        resource_type: str = "User",
        kind: str = "string",
    ) -> Trial:
        """Evaluate an expression for a given resource, or for a stored one of a workspace; nothing is written.

        ``kind`` is the type of a field: ``string``, ``number``, ``boolean``, ``date`` or ``list``. With ``slug`` the
        attributes of that workspace are known, otherwise those of the shipped schemas. A problem of the expression is
        part of the result.

        Raises:
            WorkspaceProblem: there is no such workspace.
            NotFound: it has no such resource, or no such resource type.
        """
        document: Mapping[str, Any] = {}
        attributes = self._catalogue.paths()
        if slug is not None:
            workspace = await self._workspaces.active(slug)
            attributes = workspace.catalogue.paths()
            _check_type(resource_type, attributes)
            if resource_id is not None:
                resource, document = await self._stored(workspace, resource_type, resource_id)
        _check_type(resource_type, attributes)
        return try_expression(text, resource or {}, resource_type, kind, document, attributes[resource_type])

    async def lint(self, slug: str, sample: int = SAMPLE) -> list[Remark]:
        """Return remarks on the mapping of a workspace, with its first ``sample`` resources of each type.

        Raises:
            WorkspaceProblem: there is no such workspace, or it does not list the plugin ``expressions``.
        """
        workspace = await self._workspaces.active(slug)
        listed = (await self._workspaces.show(slug)).plugins
        settings = next((p.get("settings") or {} for p in listed if p["name"] == PLUGIN), None)
        if settings is None:
            raise WorkspaceProblem(
                f"Workspace `{slug}` does not list the plugin `{PLUGIN}`: add it with "
                f"`scimserver workspace set {slug} plugins=…`."
            )
        samples: dict[str, Sequence[Sample]] = {}
        for resource_type in workspace.catalogue.resource_types:
            if settings.get("fields", {}).get(resource_type.name):
                documents, _ = await self._stores.of(resource_type).page(workspace.id, 1, sample)
                samples[resource_type.name] = [
                    _sample(workspace, resource_type.name, {"id": d.id, **d.scim}, d.app) for d in documents
                ]
        return lint(settings, workspace.catalogue.paths(), samples)

    def functions(self) -> list[dict[str, Any]]:
        """Return every function of the language: name, signature, arguments, text, examples."""
        return function_list()

    def aliases(self) -> list[dict[str, Any]]:
        """Return the names of Entra ID's directory with what they stand for."""
        return [
            {"resource_type": kind, "name": alias.name, "stands_for": list(alias.paths), "as": alias.turned or "value"}
            for kind, named in ALIASES.items()
            for alias in named.values()
        ]

    async def _stored(self, workspace: ActiveWorkspace, resource_type: str, resource_id: str) -> Sample:
        store = self._stores.of(workspace.catalogue.resource_type(resource_type))
        found = await store.get(workspace.id, resource_id)
        if found is None or found.resource_type != resource_type:
            raise NotFound(f"Workspace `{workspace.slug}` has no {resource_type} {resource_id}.")
        return _sample(workspace, resource_type, {"id": found.id, **found.scim}, found.app)


def function_list() -> list[dict[str, Any]]:
    """Return every function of the language, in the order of the manual."""
    return [
        _function(function)
        for module in MODULES
        for function in FUNCTIONS.values()
        if function.run.__module__ == module.__name__
    ]


def try_expression(
    text: str,
    resource: Mapping[str, Any],
    resource_type: str,
    kind: str,
    document: Mapping[str, Any],
    known: Sequence[str],
) -> Trial:
    """Evaluate an expression for one resource; ``known`` are the paths of its attributes."""
    try:
        expression = compile_expression(text)
    except ExpressionProblem as problem:
        return Trial(problem=_problem(problem))
    read = reader(resource_type, resource, document)
    names = dict.fromkeys(node.name for node in walk(expression.tree) if isinstance(node, Attribute))
    reads = [{"name": name, "stands_for": _paths(resource_type, name), "value": read(name)} for name in names]
    warnings = [reason for name in names if (reason := unknown(name, resource_type, known))]
    try:
        # An ExpressionProblem has the place, which the failure of a field does not.
        expression.value(read)
        value = field_value(Field("value", text, type=kind, apply="create"), read)
    except ExpressionProblem as problem:
        return Trial(None, reads, warnings, _problem(problem))
    except MappingFailed as failure:
        unfit = {"message": failure.reason, "position": None, "excerpt": "", "column": 0}
        return Trial(None, reads, warnings, unfit)
    return Trial(value, reads, warnings)


def _sample(
    workspace: ActiveWorkspace, resource_type: str, resource: Mapping[str, Any], stored: Mapping[str, Any]
) -> Sample:
    """Return a resource with the document that the plugins before this one make of it."""
    document: dict[str, Any] = {}
    try:
        for step, fields in workspace.pipeline.contributions(resource_type, resource, stored):
            if step.name == PLUGIN:
                break
            document |= fields
    except PluginFailed:
        pass
    return resource, document


def _check_type(resource_type: str, attributes: Mapping[str, Sequence[str]]) -> None:
    if resource_type not in attributes:
        cure = nearest(resource_type, attributes) or f"there are {', '.join(attributes)}."
        raise NotFound(f"There is no resource type {resource_type}: {cure}")


def _problem(problem: ExpressionProblem) -> dict[str, Any]:
    line, column = excerpt(problem.text, problem.position)
    return {"message": problem.message, "position": problem.position, "excerpt": line, "column": column}


def _paths(resource_type: str, name: str) -> list[str]:
    try:
        found = source(resource_type, name)
    except BadPath:
        return []
    return list(found.paths) if isinstance(found, Alias) else [name]


def _function(function: Function) -> dict[str, Any]:
    text, _, _ = (function.run.__doc__ or "").partition("Example:")
    parameters = [*function.parameters, *([function.repeated] if function.repeated else [])]
    return {
        "name": function.name,
        "signature": function.signature,
        "arguments": [{"name": p.name, "kind": p.kind.description, "required": p.required} for p in parameters],
        "text": re.sub(r"\s*\n\s*", " ", text.replace("``", "`")).strip(),
        "examples": [
            {"expression": " ".join(expression.split()), "result": " ".join(result.split())}
            for expression, result in _EXAMPLE.findall(function.run.__doc__ or "")
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
