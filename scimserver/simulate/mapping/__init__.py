"""Which attribute of the source becomes which of the target, and who is in scope."""
