"""The variables that the worker leaves alone: its processes inherit them, and what becomes of them there."""

from types import MappingProxyType

INHERITED = MappingProxyType(
    {
        "HF_TOKEN": "The key for private and gated models; huggingface_hub reads it, and nothing shows it.",
        "HF_HOME": "Where huggingface_hub keeps its files; unless set, it follows from BASE_PATH.",
        "HF_HUB_CACHE": "Where huggingface_hub keeps models; unless set, it follows from BASE_PATH.",
        "HUGGINGFACE_HUB_CACHE": "An older name of HF_HUB_CACHE.",
        "HF_DATASETS_CACHE": "Where datasets are kept; unless set, it follows from BASE_PATH.",
        "HF_HUB_ENABLE_HF_TRANSFER": "Read by huggingface_hub.",
        "HF_HUB_OFFLINE": "Read by huggingface_hub; 1 where the model is in the image, unless set.",
        "TRANSFORMERS_OFFLINE": "Read by transformers; 1 where the model is in the image, unless set.",
        "PYTORCH_ALLOC_CONF": "Read by PyTorch.",
        "VLLM_USE_DEEP_GEMM": "Read by vLLM, as is any other variable of vLLM's own that begins with VLLM_.",
        "TOKENIZERS_PARALLELISM": "Read by the tokenizers.",
        "RAYON_NUM_THREADS": "Read by the tokenizers.",
        "RAY_METRICS_EXPORT_ENABLED": "Read by Ray.",
        "RAY_DISABLE_USAGE_STATS": "Read by Ray.",
        "WORKER_CUDA_VERSION": "Chose the image of RunPod's worker at build time; nothing comes of it here.",
        "TESTING_DOWNLOAD": "Used by the build of RunPod's worker; nothing comes of it here.",
        "TENSORIZE": "Used by the build of RunPod's worker; nothing comes of it here.",
        "TENSORIZER_NUM_GPUS": "Used by the build of RunPod's worker; nothing comes of it here.",
        "TENSORIZER_URI": "Used by the build of RunPod's worker; nothing comes of it here.",
        "PORT": "The port on a load-balancing endpoint; with a queue, nothing comes of it.",
        "PORT_HEALTH": "The port for probes on a load-balancing endpoint; with a queue, nothing comes of it.",
        "VLLM_API_KEY": "The key on a load-balancing endpoint; with a queue the platform asks for its own.",
        "HOST": "Ignored: the worker listens on all addresses; --host changes that.",
        "API_KEY": "Ignored: the platform asks for its own key.",
    }
)
