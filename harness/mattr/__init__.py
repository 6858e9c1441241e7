"""A MATTR VII tenant under test: the back end of its issuer, and the evidence that only its checks ask for."""
