"""Everything that draws, and the only part that knows Jupyter; none of it knows an engine.

`text.of(value)` and `html.of(value)` draw any value; `progress.listener(title)` draws while
something runs; `plot.bars(comparison)` and `dockerfile(text, before)` give what draws itself.
"""

from helpers.dockerfile.marks import DockerfileView, dockerfile

__all__ = ["DockerfileView", "dockerfile"]
