"""The class of the platform of vllm_ray_platform.py."""

from vllm.platforms.cpu import CpuPlatform


class PretendedGpu(CpuPlatform):  # type: ignore[misc]
    """A CPU that Ray counts among its GPUs."""

    ray_device_key = "GPU"
