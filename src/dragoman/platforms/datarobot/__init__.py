"""DataRobot's vLLM drop-in environment, and the DRUM server in it."""
