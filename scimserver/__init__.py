"""scimserver: a multi-tenant SCIM 2.0 server for SaaS products."""

__version__ = "0.1.0"
