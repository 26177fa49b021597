"""What an objective says of itself to a reader who compares objectives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """One line of the table of objectives. What an objective needs of model and data is not here: it has `needs`."""

    minimises: str
    """In symbols, of data distribution P and model Q."""
    proper: bool
    """Whether P is an optimum, if the model can be any distribution."""
    optimum: str
    """What such a model is led to."""
    leans: str
    """Where a model that cannot match P ends up, between covering all of it and seeking its mode."""
