"""Why a program did not start, worked out from the image's files; never from the engine's words."""
