"""Partisia's issuance service under test: its customer's application, and what only its checks ask for."""
