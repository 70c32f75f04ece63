"""A real registry beside an engine: what is pushed to it and pulled from it is counted."""
