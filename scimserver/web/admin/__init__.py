"""The admin API: one module for each kind of thing, each with its ``endpoints``."""

from . import document, remap, tokens, workspaces

PARTS = (
    workspaces.endpoints,
    tokens.endpoints,
    remap.endpoints,
    document.endpoints,
)
"""In the order of the document."""
