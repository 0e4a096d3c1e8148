"""Entra ID's provisioning service, in each of its dialects and in the RFC's."""
