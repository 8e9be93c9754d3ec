"""``make bench``: Dragoman and stock vLLM side by side on this machine."""
