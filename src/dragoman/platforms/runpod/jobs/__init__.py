"""What becomes of a job: its request to the engine, and the pieces of its output."""
