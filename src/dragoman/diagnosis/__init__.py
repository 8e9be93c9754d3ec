"""What is wrong with a machine, an image or a configuration, found out before anything is loaded."""
