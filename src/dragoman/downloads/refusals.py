"""Why the hub will never give a repository, in one line."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from dragoman.downloads.repositories import Repository
from dragoman.errors import EngineStartError
from dragoman.settings.secrets import redact

UNAUTHORIZED = 401
FULL = (errno.ENOSPC, errno.EDQUOT)


def hub_address() -> str:
    """Return where the hub is, without a login."""
    return redact(constants.ENDPOINT, ())


@contextmanager
def refusals(repository: Repository, elsewhere: str = "HF_HUB_CACHE names another directory") -> Iterator[None]:
    """Tells them; whatever may be otherwise the next time passes through.

    Args:
        repository: which.
        elsewhere: what to do where there is no room.

    Raises:
        EngineStartError: trying again cannot help.
    """
    hub = hub_address()
    try:
        yield
    except GatedRepoError as error:
        raise EngineStartError(
            f"{repository.name} is gated: ask for access at {hub}/{repository.name}, "
            "and set HF_TOKEN to a token of the account that has it"
        ) from error
    except RepositoryNotFoundError as error:
        raise EngineStartError(
            f"{repository.name} is neither a directory here nor a model on {hub} that this worker may "
            "see; check the name, and set HF_TOKEN where the model is private"
        ) from error
    except RevisionNotFoundError as error:
        raise EngineStartError(
            f"{repository.name} has no revision {repository.revision}; name a branch, a tag or a commit that it has"
        ) from error
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code == UNAUTHORIZED:
            raise EngineStartError(f"{hub} refuses the token in HF_TOKEN; set one that is valid") from error
        raise
    except OSError as error:
        if error.errno in FULL:
            raise EngineStartError(f"{repository.name} does not fit into {repository.cache}; {elsewhere}") from error
        raise
