"""Self-tests of the harness."""
