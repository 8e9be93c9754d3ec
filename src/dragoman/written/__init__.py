"""A configuration written for another platform, another shell, or Kubernetes."""
