"""What is generated from the catalogue: the forms of the platforms' consoles, and the reference of all settings."""
