"""Finding an engine, or starting a private one: everything else is handed an `Engine`."""
