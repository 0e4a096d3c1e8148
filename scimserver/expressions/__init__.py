"""The expressions of Entra ID's attribute mappings, evaluated by us: bounded in text, depth, steps, size and time."""
