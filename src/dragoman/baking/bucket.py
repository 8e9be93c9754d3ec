"""Models on S3: as DJL Serving's worker downloads them, into the directory where it looks for them."""

from pathlib import Path

from dragoman.baking.manifest import Baked, BakedFile
from dragoman.baking.meters import Meters
from dragoman.baking.room import ELSEWHERE
from dragoman.downloads.checksums import Checksum
from dragoman.engine import Report
from dragoman.platforms.lmi.configuration.download_directory import VARIABLE, download_directory


class BucketDelivery:
    """All that is under a URL.

    Args:
        url: `s3://bucket/prefix`.
        root: what it comes into, as SERVING_DOWNLOAD_DIR names it.
        report: is told how far it is.
    """

    verb = "downloading"

    def __init__(self, url: str, root: Path, report: Report) -> None:
        self._url = url
        self._parent = download_directory({VARIABLE: str(root)})
        self._report = report

    @property
    def sizes(self) -> list[int]:
        """None: it reports by itself."""
        return []

    @property
    def missing(self) -> int:
        """Nothing: whether there is room is looked at when it comes."""
        return 0

    def bring(self, meters: Meters) -> Baked:
        """Have all of it come, unless it is there from before; S3 has no checksums to compare it with."""
        from dragoman.platforms.lmi.downloads import downloaded

        directory = downloaded(self._url, self._parent, self._report, ELSEWHERE)
        paths = [path for path in sorted(directory.rglob("*")) if path.is_file()]
        files = {str(path.relative_to(directory)): BakedFile(path.stat().st_size, Checksum.of(path)) for path in paths}
        return Baked(self._url, None, None, directory, files)
