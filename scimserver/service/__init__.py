"""Use cases: what the web handlers, the command line and later the admin API call."""
