"""A department that issues to GOV.UK Wallet: Credential Issuer and web service, each of whose defects has a name.

It follows docs.wallet.service.gov.uk (OpenID4VCI draft 14, as GOV.UK Wallet profiles it) and signs its users in
with GOV.UK One Login (docs.sign-in.service.gov.uk).
"""
