"""Why a run failed, worked out from the files of the image; never from the engine's words."""
