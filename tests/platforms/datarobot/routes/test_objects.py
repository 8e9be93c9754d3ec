from collections.abc import Mapping

import pytest
from openai.types import Model
from pydantic import BaseModel

from dragoman.platforms.datarobot.routes.objects import fields


class Made(BaseModel):
    id: str
    owner: str = "me"


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ({"id": "m"}, {"id": "m"}),
        (
            Model(id="m", created=1, object="model", owned_by="me"),
            {"id": "m", "created": 1, "object": "model", "owned_by": "me"},
        ),
        (Model.construct(id="m", more=1), {"id": "m", "more": 1}),
        (Made(id="m"), {"id": "m"}),
        ("text", {}),
        (None, {}),
        ([], {}),
    ],
)
def test_an_object_has_the_fields_that_it_was_made_with(made: object, found: Mapping[str, object]) -> None:
    assert fields(made) == found
