"""The server that dialogues are replayed against: the whole application in this process, on a simulated database."""

from tests.web.conftest import application, site, slugs

__all__ = ["application", "site", "slugs"]
