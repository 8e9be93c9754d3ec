"""Whether there is enough of a model to be worth baking."""

from collections.abc import Collection

from dragoman.downloads.files import configuration_files
from dragoman.downloads.repositories import Repository
from dragoman.errors import EngineStartError


def check_contents(repository: Repository, names: Collection[str]) -> None:
    """Look whether something can come of those files of a repository that vLLM will read.

    Raises:
        EngineStartError: there are none, or no weights among them where there should be.
    """
    if not names:
        raise EngineStartError(f"{repository.name} has no file that vLLM would read; check the name and the revision")
    if repository.load_format and set(names) == set(configuration_files(names)):
        raise EngineStartError(
            f"{repository.name} has no weights that vLLM would load with load_format {repository.load_format}; "
            "check the name, the revision and LOAD_FORMAT"
        )
