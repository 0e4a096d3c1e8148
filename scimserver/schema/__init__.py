"""Schemas as the single source: attribute registry, validator and discovery documents."""
