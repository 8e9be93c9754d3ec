"""What is told of every request: its id, the access log, metrics, traces."""
