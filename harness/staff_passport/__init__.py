"""NHS Digital Staff Passport: credentials that external systems issue through its gateway, direct to a wallet."""
