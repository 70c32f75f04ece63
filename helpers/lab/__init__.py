"""The facade: `Lab`, and the values that notebooks work with. It puts the floors together."""
