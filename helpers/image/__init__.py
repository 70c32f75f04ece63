"""What is in an image: layers, files, sizes, packages; and what two images differ in."""
