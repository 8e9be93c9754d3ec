"""RunPod Serverless: queue workers and load-balancing workers, configured as RunPod's own vLLM worker is."""
