"""The settings: one catalogue, the sources that set them, and how the sources are merged."""
