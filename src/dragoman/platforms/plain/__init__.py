"""No platform: a server on any machine."""
