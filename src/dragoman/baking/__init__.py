"""Models that are put into an image or onto a volume before any worker starts."""
