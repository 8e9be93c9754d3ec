"""LoRA adapters that come and go while the worker runs."""
