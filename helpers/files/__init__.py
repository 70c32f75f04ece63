"""Archives and file trees: layers as they come, what they add up to, what is hidden in them."""
