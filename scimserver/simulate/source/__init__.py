"""The source directory: who there is, and how that changes between two cycles."""
