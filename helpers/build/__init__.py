"""From a Dockerfile and its context to an image, or to the step that failed and why."""
