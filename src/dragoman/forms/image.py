"""The worker's image, by the name that platforms' forms have for it."""

from dragoman import __version__

IMAGE = f"dragoman/worker:{__version__}"
