"""What the applications of all platforms share."""
