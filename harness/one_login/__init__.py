"""The bundled GOV.UK One Login: an OpenID Provider that a service can sign its users in with, without an account.

It follows docs.sign-in.service.gov.uk and the behaviour of the official simulator. It knows what that one does
not: the scope ``wallet-subject-id``, several users, single use of codes and assertions, back-channel logout.
"""

from __future__ import annotations


class OneLoginError(Exception):
    """The provider is set up or told something that cannot be; the message is one line."""
