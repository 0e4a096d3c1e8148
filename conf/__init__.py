"""The default configuration, installed as ``scimserver_conf``."""
