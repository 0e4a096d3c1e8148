"""The admin API: one module for each kind of thing, each with its ``endpoints``."""

from . import as_code, document, tokens, workspaces

PARTS = (
    workspaces.endpoints,
    tokens.endpoints,
    as_code.endpoints,
    document.endpoints,
)
"""In the order of the document."""
