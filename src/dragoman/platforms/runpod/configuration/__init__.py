"""What is set on RunPod: its variables, its model cache and baked models, and what follows from them."""
