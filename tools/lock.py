"""Write requirements/{cpu,gpu,ray,dev}.txt: exact versions for Python 3.11 to 3.13 on Linux x86_64.

Run by `make lock`, in a throw-away environment that has uv and packaging.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

PYTHONS = ("3.11", "3.12", "3.13")
LOCKS = Path("requirements")
HEADER = "# Exact versions for Python 3.11 to 3.13 on Linux x86_64. Made by `make lock`: do not edit.\n"
# What PyPI has of these is built for CUDA and breaks at import beside CPU torch; text models need none of them.
CUDA_ONLY = ["torchaudio", "torchcodec", "torchvision"]

Pins = dict[str, str]


def main() -> None:
    """Resolve the two builds, then Ray and the development tools so that they agree with both."""
    write("cpu", resolve_cpu())
    write("gpu", resolve("pyproject.toml", "--extra=gpu"))
    write("ray", resolve("pyproject.toml", "--extra=ray", *agreeing_with("cpu", "gpu")))
    write("dev", resolve("--group=dev", *agreeing_with("cpu", "gpu", "ray")))


def agreeing_with(*locks: str) -> list[str]:
    """Return the resolver's arguments for the versions of these locks."""
    return [f"--constraints={LOCKS / name}.txt" for name in locks]


def resolve(*arguments: str) -> dict[str, Pins]:
    """Resolve for each Python by itself: uv's universal mode may read a package's dependencies from a Windows wheel."""
    resolutions = {}
    with TemporaryDirectory() as folder:
        # uv prefers the versions that it finds in its output file, so the Pythons differ only where they must.
        platform = ("--python-platform=x86_64-manylinux_2_28", f"--output-file={folder}/pins.txt")
        for python in reversed(PYTHONS):
            found = compiled(*platform, f"--python-version={python}", *arguments)
            resolutions[python] = {it.name: str(it.specifier) for it in found}
    return {python: resolutions[python] for python in PYTHONS}


def resolve_cpu() -> dict[str, Pins]:
    """Resolve the CPU build, whose torch pip's configured links may hold for some of the Pythons only.

    So torch and what it needs are found by the universal mode, which one wheel satisfies, and the rest without torch.
    """
    with TemporaryDirectory() as folder:
        excludes, constraints = Path(folder) / "excludes.txt", Path(folder) / "constraints.txt"
        arguments = ("pyproject.toml", "--extra=cpu", f"--excludes={excludes}")
        universal = ("--universal", f"--python-version={PYTHONS[0]}", *arguments)
        links = find_links()
        excludes.write_text("\n".join(CUDA_ONLY))
        everything = (links and compiled(*universal, *links)) or compiled(*universal, "--torch-backend=cpu")
        excludes.write_text("\n".join([*CUDA_ONLY, "torch"]))
        constraints.write_text("\n".join(map(str, everything)))
        rest = resolve(*arguments, f"--constraints={constraints}")
    return {
        python: {it.name: str(it.specifier) for it in everything if needed(it, python)} | pins
        for python, pins in rest.items()
    }


def find_links() -> list[str]:
    """Name pip's configured links, which uv does not read: CPU torch may lie there."""
    for place in (":env:", "global", "user", "site"):
        command = [sys.executable, "-m", "pip", "config", "get", f"{place}.find-links"]
        links = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        if links:
            return [f"--find-links={link}" for link in links]
    return []


def compiled(*arguments: str) -> list[Requirement]:
    """Run uv's resolver; empty, with uv's own words, where there is no solution."""
    uv = [sys.executable, "-m", "uv", "pip", "compile", "--no-header", "--no-annotate"]
    answer = subprocess.run([*uv, *arguments], capture_output=True, text=True, check=False)
    if answer.returncode:
        print(answer.stderr, file=sys.stderr)
        return []
    return [Requirement(line) for line in answer.stdout.splitlines()]


def needed(requirement: Requirement, python: str) -> bool:
    """Tell whether this Python on Linux x86_64 needs it."""
    return requirement.marker is None or requirement.marker.evaluate(
        {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": "x86_64",
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{python}.0",
            "python_version": python,
            "sys_platform": "linux",
        }
    )


def write(lock: str, resolutions: dict[str, Pins]) -> None:
    """Write one lock: a line for each package, or one for each Python where they differ."""
    if not all(resolutions.values()):
        sys.exit(f"make lock: no versions satisfy what {lock} requires")
    lines = [line for name in sorted(set().union(*resolutions.values())) for line in pinned(name, resolutions)]
    (LOCKS / f"{lock}.txt").write_text(HEADER + "".join(f"{line}\n" for line in lines))
    print(f"{LOCKS / lock}.txt: {len(lines)} lines")


def pinned(name: str, resolutions: dict[str, Pins]) -> list[str]:
    """Give a package's lines in the lock."""
    versions = {python: pins[name] for python, pins in resolutions.items() if name in pins}
    if len(versions) == len(PYTHONS) and len(set(versions.values())) == 1:
        return [f"{name}{versions[PYTHONS[0]]}"]
    return [f'{name}{version} ; python_version == "{python}"' for python, version in versions.items()]


if __name__ == "__main__":
    main()
