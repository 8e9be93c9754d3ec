"""Chat templates in requests: programs of whoever sends them."""

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard.bodies import Json
from dragoman.serving.entrance.limits import Limits

TEMPLATE = "chat_template"
ARGUMENTS = "chat_template_kwargs"
REFUSED = "A request may not bring a chat template (trust_request_chat_template)."


def check(content: Json, limits: Limits) -> None:
    """Looks for a template.

    Raises:
        BadRequestError: there is one, and none may be.
    """
    arguments = content.get(ARGUMENTS)
    brought = [content.get(TEMPLATE), arguments.get(TEMPLATE) if isinstance(arguments, dict) else None]
    if not limits.trust_request_chat_template and any(each is not None for each in brought):
        raise BadRequestError(REFUSED, TEMPLATE)
