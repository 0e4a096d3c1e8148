"""Preview: what a payload, or a mapping that is not saved yet, would do."""
