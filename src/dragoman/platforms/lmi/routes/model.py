"""The one model that this worker has: registered or not, it stays loaded."""

from dragoman.platforms.lmi.errors import bad_request, named, no_such_model
from dragoman.platforms.lmi.options import Options


class Model:
    """What requests and management see of the model.

    Args:
        options: what the operator called it.
    """

    def __init__(self, options: Options) -> None:
        self.registered = True
        self.name = options.model_name
        self.version = options.model_version
        self.url = options.model_url

    def demand(self, name: str | None = None, version: str | None = None) -> None:
        """Sees to it that a model is there.

        Args:
            name: what it is called; None for the one that there is.
            version: its version; None for any.

        Raises:
            ServerError: 404, it is not.
        """
        if not self.registered or name not in (None, self.name):
            raise no_such_model(name or self.name)
        if version not in (None, self.version):
            raise no_such_model(f"{self.name}, version {named(version or '')}")

    def register(self, url: str | None, name: str | None, version: str | None) -> None:
        """Registers the model again.

        Args:
            url: where the model is.
            name: what it is to be called; None for its own name.
            version: its version; None for its own.

        Raises:
            ServerError: this is about another model.
        """
        if url is None:
            raise bad_request("Parameter url is required.")
        given = (_place(url), name or self.name, version or self.version)
        if given != (_place(self.url), self.name, self.version):
            serves = f"This worker serves one model, {self.name} from {self.url}."
            raise bad_request(f"{serves} Start another worker for {named(url)}.")
        self.registered = True

    def unregister(self) -> None:
        """Has requests for the model refused until it is registered again."""
        self.registered = False


def _place(url: str) -> str:
    """A URL without the ways in which the same place can be written."""
    return url.removeprefix("file://").removeprefix("file:").rstrip("/")
