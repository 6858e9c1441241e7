"""Settings of this repository's own tests; the harness itself needs none."""
