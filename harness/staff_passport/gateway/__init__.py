"""A Staff Passport credential gateway of one's own: the provider that external systems talk to.

It acts as what the standard says and what public clients show. Where those say nothing, it does what OAuth does.
"""


class GatewayError(Exception):
    """The gateway cannot do this; the message says why in one line."""
