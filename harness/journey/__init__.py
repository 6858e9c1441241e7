"""Somebody on a way through web pages: over redirects, forms and links, with cookies, over several hosts."""

from harness.journey.travelling import Journey, JourneyError, JourneyTimeout, Traveller, travel

__all__ = ["Journey", "JourneyError", "JourneyTimeout", "Traveller", "travel"]
