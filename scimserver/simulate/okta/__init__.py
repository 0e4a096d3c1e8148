"""Okta's provisioning service, for catalogue and app-wizard integrations."""
