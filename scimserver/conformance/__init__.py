"""Judging a SCIM server from outside: dialogues, a strict runner, other judges. Knows nothing of our own server."""
