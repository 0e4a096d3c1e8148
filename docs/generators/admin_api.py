"""The page of the admin API, from its OpenAPI document and its table of errors."""

from typing import Any

from scimserver.web.admin import PARTS
from scimserver.web.admin.kinds import KINDS, ROOT
from scimserver.web.admin.openapi import openapi_document

from .markdown import MADE, table


def admin_api_page() -> str:
    """Every operation with its answers, and every kind of error."""
    document = openapi_document()
    parts = ["# Admin API\n", MADE.format(source="scimserver/web/admin"), INTRODUCTION]
    for part in PARTS:
        rows = [
            _row(method, path, operation, document)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if operation["tags"] == [part.tag]
        ]
        parts.append(f"## {part.tag}\n\n{part.description}\n\n{table(OPERATIONS, rows)}")
    parts.append(ERRORS)
    kinds = [(str(kind.status), f"`{kind.name}`", kind.title, kind.meaning) for kind in KINDS]
    parts.append(table(("status", "kind", "title", "meaning"), kinds))
    return "\n".join(parts)


OPERATIONS = ("operation", "", "query, body", "answer")


def _row(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> tuple[str, ...]:
    text = " ".join(f"{operation['summary']} {operation.get('description', '')}".split())
    return f"`{method.upper()} {path}`", text, _asked(operation, document), _answered(operation, document)


def _asked(operation: dict[str, Any], document: dict[str, Any]) -> str:
    """Name the parameters and the fields of the body; those that must be there in bold."""
    parameters = [p for p in operation.get("parameters", ()) if p["in"] != "path"]
    named = [_name(p["name"], p.get("required", False)) for p in parameters]
    if "requestBody" in operation:
        schema = _schema(operation["requestBody"], document)
        named += [_name(name, name in schema.get("required", ())) for name in schema.get("properties", ())]
    return ", ".join(named)


def _answered(operation: dict[str, Any], document: dict[str, Any]) -> str:
    """Name the good status and the fields that come with it, then the other statuses that this operation has."""
    good, *others = operation["responses"]
    answer = operation["responses"][good]
    fields = [f"`{name}`" for name in _schema(answer, document).get("properties", ())] if "content" in answer else []
    own = [status for status in others if status in OWN]
    return "; or ".join(text for text in (": ".join(filter(None, [good, ", ".join(fields)])), ", ".join(own)) if text)


OWN = ("404", "409", "412")
"""Statuses that say something of the operation; the others any operation may have."""


def _name(name: str, required: bool) -> str:
    return f"**`{name}`**" if required else f"`{name}`"


def _schema(holder: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    reference = holder["content"]["application/json"]["schema"]["$ref"]
    found: dict[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found


INTRODUCTION = f"""\
What operators do with the command line, over HTTP: both call the same functions, and give the same fields the same
names. All addresses are below `{ROOT}`. The whole contract, with the form and meaning of every field, is the OpenAPI
3.1 document at `{ROOT}/openapi.json`; this page and the document come from the code, and generated requests hold the
code to the document. [How to use it with curl](../howto/use-the-admin-api.md).

**Key.** Every request but those under [document](#document) has `Authorization: Bearer <admin_key>`. `scimserver
admin-key create` makes a key and shows it once; `admin-key list` tells when and by which client each was last used,
and `admin-key revoke` ends one within five seconds. A key opens every workspace: give each operator and script one of
its own, with `--days` where it is for a while. A missing, wrong, expired or revoked key is the same 401, also for an
address that does not exist. A workspace's Secret Token opens nothing here, nor a key anything below a Tenant URL.

**Requests.** Bodies are JSON (`application/json`, at most `limits.body_bytes`, plain or in gzip). An unknown field or
query parameter is refused, and so is `"12"` for a number. A field that must be there is **bold** below. HEAD goes
where GET does.

**Two operators at once.** A workspace is answered with its revision as `ETag`. Sent back in `If-Match`, the change is
made only if nobody has changed the workspace since: 412 otherwise. Without `If-Match` the later change wins, unless
both meet in one moment: 409.

**Log.** Each request leaves a line in the server's log with the public id of the key as `operator`. No line holds a
key.
"""

ERRORS = f"""\
## Errors

An error is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, `request_id`, and `errors`
(`place` and `text` of each) where fields are not valid. `type` is the address of the kind, such as
`{ROOT}/problems/no-such-workspace`; a GET there tells what the table says. Decide by `type` or `status`; `detail` is
for people and may change. 400 is what cannot be read, 422 what was read and cannot be used: `not-valid` for the form
of a field, `refused` for what it says.
"""
