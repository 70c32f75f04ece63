"""All that draws: text, HTML, widgets, plots, the terminal. Nothing below knows of it."""
