"""Annotated JSON Schemas, installed as ``scimserver_schemas``."""
