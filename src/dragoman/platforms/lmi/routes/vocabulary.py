"""The texts of single tokens, as the engine's tokenizer has them."""

from collections import OrderedDict
from collections.abc import Iterable

import orjson

from dragoman.engine.client import Client
from dragoman.platforms.lmi.options import Era
from dragoman.platforms.lmi.routes.refusals import engine_refusal

PATH = "/detokenize"
MOST = 2**16


class Vocabulary:
    """Looks tokens up, and remembers those that were asked for last.

    Args:
        engine: what knows them.
        era: whose errors are told.
        most: how many are remembered.
    """

    def __init__(self, engine: Client, era: Era, most: int = MOST) -> None:
        self._engine = engine
        self._era = era
        self._most = most
        self._texts: OrderedDict[int, str] = OrderedDict()

    async def texts(self, tokens: Iterable[int]) -> dict[int, str]:
        """The text of each token.

        Raises:
            HandlerError: the engine does not say.
        """
        return {token: await self._text(token) for token in set(tokens)}

    async def _text(self, token: int) -> str:
        if token not in self._texts:
            status, body = await self._engine.post(PATH, {"tokens": [token]})
            if status != 200:
                raise engine_refusal(status, body, self._era)
            self._texts[token] = orjson.loads(body)["prompt"]
            if len(self._texts) > self._most:
                self._texts.popitem(last=False)
        self._texts.move_to_end(token)
        return self._texts[token]
