"""Conformance checks, one package per specification or system."""
