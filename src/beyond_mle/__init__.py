"""Which objective should train a generative model?"""
