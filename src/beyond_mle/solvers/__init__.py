"""How an objective is minimised: minibatch steps, or exactly on all of p."""
