"""What answers DRUM's routes."""
