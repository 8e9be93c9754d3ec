"""The two templates of LMI's user guide for vLLM, around the bundled model."""

from collections.abc import Mapping

from dragoman.models import MINI

PROPERTIES = f"""\
engine=Python
option.tensor_parallel_degree=max
option.model_id={MINI}
option.max_rolling_batch_size=64
option.rolling_batch=vllm
"""
VARIABLES: Mapping[str, str] = {
    "SERVING_LOAD_MODELS": "test::Python=/opt/ml/model",
    "OPTION_MODEL_ID": str(MINI),
    "OPTION_TENSOR_PARALLEL_DEGREE": "max",
    "OPTION_MAX_ROLLING_BATCH_SIZE": "64",
    "OPTION_ROLLING_BATCH": "vllm",
}
