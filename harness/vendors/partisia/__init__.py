"""Partisia's issuance service and the authorization server of its customer, simulated.

Nothing here is Partisia's: it does what their public page on issuance tells, and where that is silent what a knob
of the variant says that we assume.
"""
