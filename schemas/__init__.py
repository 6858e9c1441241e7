"""Data of the harness: requirements, wire messages, and the forms of its own files."""
