"""The admin API: one module for each kind of thing, each with its ``endpoints``."""

from . import document, tokens, workspaces

PARTS = (
    workspaces.endpoints,
    tokens.endpoints,
    document.endpoints,
)
"""In the order of the document."""
