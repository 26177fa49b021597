"""Models: each gives `log_prob(batch)` and holds no loss. One kind per file."""
