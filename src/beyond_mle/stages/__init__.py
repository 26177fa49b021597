"""One module per rule: the command line that the workflow calls."""
