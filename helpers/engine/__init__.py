"""Finding an engine, starting a private one, and talking to it."""
