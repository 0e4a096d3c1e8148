"""The file of a workspace: written, read, compared and imported."""
