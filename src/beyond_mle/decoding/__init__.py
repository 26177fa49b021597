"""Decoders: each sees a model through a small protocol, never its class."""
