"""The admin API: one module for each kind of thing, each with its ``endpoints``."""

from . import as_code, document, expressions, log, plugins, preview, remap, schemas, tokens, workspaces

PARTS = (
    workspaces.endpoints,
    tokens.endpoints,
    plugins.endpoints,
    schemas.endpoints,
    expressions.endpoints,
    as_code.endpoints,
    preview.endpoints,
    remap.endpoints,
    log.endpoints,
    document.endpoints,
)
"""In the order of the document."""
