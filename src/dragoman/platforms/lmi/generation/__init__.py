"""Generation requests and answers in LMI's own schema."""
