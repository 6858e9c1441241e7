"""Watches the published status of stored credentials; ``assay watch`` is the command of it."""
