"""A provisioning service that behaves like Entra ID's or Okta's, for trying a server over HTTP."""
