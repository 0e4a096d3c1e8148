"""Worked examples of rising difficulty: :mod:`.initials`, :mod:`.cost_centre`, :mod:`.door_badge`.

They are shipped and not installed: no workspace can list them until this folder is named in ``plugins.dirs``.
"""
