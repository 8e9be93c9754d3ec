from dragoman.gpus import MIB, Gpu, parsed

LISTING = """\
0, GPU-1f2e, NVIDIA H100 80GB HBM3, 81559, 4, 81007, 9.0
1, GPU-3d4c, NVIDIA A10G, 23028, [N/A], [N/A], [N/A]
"""


def test_reading_what_nvidia_smi_lists() -> None:
    first, second = parsed(LISTING)
    assert first == Gpu("0", "GPU-1f2e", "NVIDIA H100 80GB HBM3", 81559 * MIB, 4 * MIB, 81007 * MIB, 9.0)
    assert (second.index, second.used, second.capability) == ("1", 0, None)
