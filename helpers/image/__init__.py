"""What is inside an image: its layers, their files and their sizes."""
