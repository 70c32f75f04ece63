"""Drawing: text, HTML, widgets, plots, the terminal. No floor below imports it."""
