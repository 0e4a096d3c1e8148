"""Schemas and resource types of single workspaces."""
