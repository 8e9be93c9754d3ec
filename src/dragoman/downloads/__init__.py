"""What a model's files are, and how they come into this machine's memory before the engine asks for them."""
