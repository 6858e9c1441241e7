"""A simulated MATTR VII tenant with the pre-authorized code flow, in its documented and in a corrected form.

Nothing here is MATTR's: it does what their public documents tell, and where these are silent what a knob of the
variant says that we assume.
"""
