"""A sample external system: an employee portal whose credentials go into wallets of the Digital Staff Passport."""
