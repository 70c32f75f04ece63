"""The facade: `Lab`, and what a notebook is given. It puts the floors together."""
