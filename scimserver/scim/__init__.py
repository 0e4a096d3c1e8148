"""The SCIM engine: filters, paths, PATCH, projection. Pure functions: no HTTP, no database."""
