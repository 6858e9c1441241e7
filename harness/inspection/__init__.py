"""Looks at one document by itself: what it is, what is in it, what is wrong with it and which clause says so.

``assay inspect`` is the command of it. What is wrong comes from the checks of a run, which are given the document
as their evidence. What they need besides, such as how it was delivered or the keys of a request, they do without,
and the inspection says so.
"""
