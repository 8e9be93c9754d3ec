import re

import hcl2
import pytest

from dragoman import __version__
from dragoman.forms.image import IMAGE
from tests.docker.dockerfile import ROOT, arguments, stages

BAKE = ROOT / "docker" / "docker-bake.hcl"


def plain(value: object) -> object:
    """The value without the quotes that the parser leaves around texts."""
    if isinstance(value, str):
        return value.removeprefix('"').removesuffix('"')
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items() if not str(key).startswith("__")}
    return value


def blocks(kind: str) -> dict[str, dict[str, object]]:
    """The blocks of a kind, by their names."""
    document = plain(hcl2.loads(BAKE.read_text()))
    assert isinstance(document, dict)
    return {name: body for block in document[kind] for name, body in block.items()}


def substituted(text: object) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: str(blocks("variable")[match[1]]["default"]), str(text))


def test_its_variables_have_the_dockerfiles_defaults() -> None:
    defaults = {name: body["default"] for name, body in blocks("variable").items()}
    known = arguments("worker") | arguments("wheel")
    assert {name: known[name] for name in defaults.keys() - {"REPOSITORY", "VARIANT"}}.items() <= defaults.items()
    assert defaults["VARIANT"] == arguments("")["VARIANT"]


def test_its_arguments_are_the_dockerfiles() -> None:
    known = arguments("") | arguments("worker") | arguments("wheel")
    for target in blocks("target").values():
        passed = target["args"]
        assert isinstance(passed, dict)
        assert passed.keys() <= known.keys()


def test_it_names_a_stage_and_files_that_exist() -> None:
    target = blocks("target")["worker"]
    assert (ROOT / str(target["dockerfile"])).is_file()
    assert target["target"] == stages()[-1]


@pytest.mark.parametrize(("target", "tag"), [("cuda", IMAGE), ("cpu", f"{IMAGE}-cpu")])
def test_the_tags_are_those_that_platforms_forms_name(target: str, tag: str) -> None:
    tags = blocks("target")[target]["tags"]
    assert isinstance(tags, list)
    assert [substituted(each) for each in tags] == [tag]
    assert tag.startswith(f"dragoman/worker:{__version__}")


def test_groups_name_targets_that_exist() -> None:
    assert blocks("group") == {"default": {"targets": ["VARIANT"]}, "all": {"targets": ["cuda", "cpu"]}}
    assert {"cuda", "cpu"} <= blocks("target").keys()


def test_only_variants_that_there_are_can_be_chosen() -> None:
    assert blocks("variable")["VARIANT"]["validation"] == [
        {
            "condition": '${contains(["cuda", "cpu"], VARIANT)}',
            "error_message": "VARIANT is neither cuda nor cpu.",
        }
    ]


def test_the_token_is_read_from_a_variable_whether_it_is_set_or_not() -> None:
    # Without `env`, Docker takes the id for a file's name where the variable is not set.
    assert blocks("target")["worker"]["secret"] == ["type=env,id=HF_TOKEN,env=HF_TOKEN"]
