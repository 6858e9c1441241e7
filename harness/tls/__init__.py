"""How servers negotiate TLS, found out with the harness's own bytes.

The TLS library of the machine has a policy of its own: what it does not offer, it cannot be answered. So each
hello is written here and sent over a plain socket, and the answer is read as far as it comes in the clear.
"""
