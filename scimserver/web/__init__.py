"""HTTP: the only place for Tornado."""
