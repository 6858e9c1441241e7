"""What stands behind GOV.UK Wallet: the One Login token service, the status list service, and their users."""
