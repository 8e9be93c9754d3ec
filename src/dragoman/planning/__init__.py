"""Whether a model fits, told by its config.json and the headers of its safetensors, without torch and without vLLM."""
