"""Finding the keys of those who sign, and judging whether they are trusted."""
