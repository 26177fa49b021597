"""Pure mathematics: no files, no models, no randomness of its own."""
