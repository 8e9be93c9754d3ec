import pytest

from dragoman.serving.observing.route_names import RouteNames

PATTERNS = (
    "/",
    "/v1/chat/completions",
    "/models/{model}",
    "/models/{model}/adapters",
    "/models/known",
    "/nim/*",
    "/f/{p:path}",
)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("/models/llama", "/models/{model}"),
        ("/models/known", "/models/known"),
        ("/models/llama/adapters", "/models/{model}/adapters"),
        ("/models/llama/more", "other"),
        ("/nim/v1/models", "/nim/*"),
        ("/nim", "other"),
        ("/f/a/b", "/f/{p:path}"),
        ("/V1/chat/completions", "other"),
        ("/v1/chat/completions/../x", "other"),
        ("", "/"),
        ("/models/a\nb", "/models/{model}"),
    ],
)
def test_a_path_has_the_name_of_its_pattern(path: str, route: str) -> None:
    assert RouteNames(PATTERNS)(path) == route


def test_the_pattern_with_the_fewest_parameters_counts() -> None:
    assert RouteNames(("/{a}/{b}", "/x/{b}"))("/x/y") == "/x/{b}"
