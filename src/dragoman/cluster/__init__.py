"""Many replicas of the worker on a Ray cluster, behind one address."""
