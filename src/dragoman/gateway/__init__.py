"""RunPod's Serverless endpoint API on one's own machine: clients send jobs, workers built on RunPod's SDK take them."""
