"""Preparing text: downloads, cleaning, vocabularies, batches."""
