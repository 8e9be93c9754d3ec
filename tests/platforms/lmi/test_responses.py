import pytest

from dragoman.platforms.lmi.generation.bedrock import BedrockAnswers
from dragoman.platforms.lmi.generation.chats import Chat
from dragoman.platforms.lmi.generation.generated import Generated
from dragoman.platforms.lmi.generation.originals import Originals
from dragoman.platforms.lmi.generation.request import Form
from dragoman.platforms.lmi.generation.vectors import Vectors
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.responses import shape_of, whole_of
from tests.platforms.lmi.generation.completions import NEWEST, ROLLING, TOKENS, choice, completion, request


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        (Form.GENERATED, Generated),
        (Form.CHAT, Chat),
        (Form.OPENAI, Originals),
        (Form.BEDROCK, BedrockAnswers),
    ],
)
@pytest.mark.parametrize("options", [ROLLING, NEWEST])
def test_the_request_chooses_the_shape(form: Form, shape: type, options: Options) -> None:
    for form_of in (shape_of, whole_of):
        assert isinstance(form_of(request(form=form), options, {}), shape)


def test_vectors_are_whole() -> None:
    assert isinstance(whole_of(request(form=Form.VECTORS), NEWEST, {}), Vectors)


@pytest.mark.parametrize(("options", "name"), [(ROLLING, b'"log_prob"'), (NEWEST, b'"logprob"')])
def test_the_era_chooses_the_words(options: Options, name: bytes) -> None:
    said = shape_of(request(details=True), options, {}).whole(completion(choice(TOKENS, end="length")))
    assert said.count(name) == len(TOKENS)


def test_the_vocabulary_may_be_filled_after_the_shape_is_made() -> None:
    vocabulary: dict[int, str] = {}
    shape = shape_of(request(details=True, top_tokens=1), NEWEST, vocabulary)
    vocabulary[244] = "He"
    told = choice(TOKENS[:1], end="length") | {
        "logprobs": {"tokens": ["token_id:244"], "token_logprobs": [-0.3], "top_logprobs": [{"token_id:244": -0.3}]}
    }
    assert b'"top_tokens":[[{"id":244,"text":"He","logprob":-0.3}]]' in shape.whole(completion(told))
