"""Advice on an image: where its bytes are, what each remedy saves, and the proof by building."""
