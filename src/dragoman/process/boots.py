"""How long earlier starts took, in a file that outlives the worker."""

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import orjson
import platformdirs

from dragoman import __version__
from dragoman.process.timeline import Boot
from dragoman.settings.resolution import WORKER_DEFAULT, Resolution, ResolvedSetting

VARIABLE = "VLLM_CACHE_ROOT"
MEASURED = frozenset({"kv_cache_memory_bytes", "gpu_memory_utilization"})

log = logging.getLogger("dragoman")


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Return where the worker keeps what is to survive: in vLLM's cache, which may be on a volume."""
    if root := environment.get(VARIABLE):
        return Path(os.path.expanduser(root)).absolute() / "dragoman"
    try:
        return platformdirs.user_cache_path("dragoman")
    except RuntimeError:
        # A user whom the machine does not know has no home.
        return Path(tempfile.gettempdir()) / f"dragoman-cache-{os.getuid()}"


class Boots:
    """The last start with an import of the engine and the last one without, of one configuration.

    Args:
        path: the file; where it cannot be used, no start is compared, and the log says so.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = self._read()

    @classmethod
    def of(cls, resolution: Resolution, environment: Mapping[str, str]) -> "Boots":
        """The starts of workers with the same version, platform and engine arguments, but for measured memory."""
        settings = {setting.name: setting.to_json()["value"] for setting in resolution.settings if _is_fixed(setting)}
        configuration = json.dumps([__version__, resolution.platform, settings])
        name = sha256(configuration.encode()).hexdigest()[:16]
        return cls(cache_directory(environment) / "boots" / f"{name}.json")

    def last(self, boot: Boot) -> Boot | None:
        """The start before this one that did the same; None where none is known."""
        return self._kept.get(_kind(boot))

    def keep(self, boot: Boot) -> None:
        """Writes a start down, all of it or nothing."""
        self._kept[_kind(boot)] = boot
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._path, orjson.dumps({kind: boot.to_json() for kind, boot in self._kept.items()}))
        except OSError as error:
            log.warning("this start will not be compared with the next one: %s: %s", self._path, error.strerror)

    def _read(self) -> dict[str, Boot]:
        try:
            kept = orjson.loads(self._path.read_bytes())
            return {str(kind): Boot.from_json(boot) for kind, boot in kept.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("%s tells nothing of earlier starts and is written anew: %s", self._path, error)
            return {}


def _is_fixed(setting: ResolvedSetting) -> bool:
    """Whether the setting is an engine argument that does not follow from how much memory is left at the moment."""
    measured = setting.name in MEASURED and setting.source.startswith(WORKER_DEFAULT)
    return setting.flag is not None and setting.is_set and not measured


def _kind(boot: Boot) -> str:
    return "imported" if boot.imported else "forked"


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.replace(file.name, path)
        except OSError:
            os.unlink(file.name)
            raise
