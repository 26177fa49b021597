"""Tasks: data with splits and, where it is known, the distribution p itself. One kind per file."""
