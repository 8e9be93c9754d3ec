import json
import pickle
from collections.abc import Mapping, Sequence

import pytest

from dragoman.settings.assignments import Assignment, Reading, Settled, Source
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.resolution import Environ, Resolution, ResolvedSetting, merge, no_variables
from dragoman.settings.rules import WEAKEST, Change, Outcome, Remark
from dragoman.settings.view import View
from dragoman.settings.worker import load_catalogue

CATALOGUE = load_catalogue(["plain"])


class Says:
    """A source that says what it is told."""

    def __init__(self, source: str, *pairs: tuple[str, object]) -> None:
        self.assignments = tuple(Assignment(name, raw, source) for name, raw in pairs)

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        return Reading(self.assignments)


def resolve(*sources: Says, problems: Sequence[str] = ()) -> Resolution:
    return merge("plain", CATALOGUE, sources, {}, problems)


def find(resolution: Resolution, name: str) -> ResolvedSetting:
    (setting,) = (setting for setting in resolution.settings if setting.name == name)
    return setting


def test_the_strongest_source_wins() -> None:
    resolution = resolve(Says("first", ("seed", "1")), Says("second", ("seed", "2")), Says("third", ("seed", "3")))
    assert find(resolution, "seed") == ResolvedSetting("seed", 1, "first", "--seed", ((2, "second"), (3, "third")))
    assert resolution.engine_args == ("--seed", "1")


def test_the_last_word_of_a_source_wins() -> None:
    resolution = resolve(Says("file", ("seed", "1"), ("seed", "2")))
    assert find(resolution, "seed") == ResolvedSetting("seed", 2, "file", "--seed", ((1, "file"),))


def test_what_is_unset_sets_nothing() -> None:
    resolution = resolve(Says("first", ("seed", "")), Says("second", ("seed", "None")), Says("third", ("seed", "3")))
    assert find(resolution, "seed") == ResolvedSetting("seed", 3, "third", "--seed")


def test_defaults() -> None:
    resolution = resolve()
    assert resolution.value("max_logprobs") == 20
    assert find(resolution, "max_logprobs").source == "vLLM default"
    assert find(resolution, "port") == ResolvedSetting("port", 8000, "worker default")
    assert resolution.engine_args == ()


def test_the_default_of_a_setting_that_is_not_vllms() -> None:
    ignored = Setting(name="mine", use="ignored", reason="it is old", flags=("--mine",))
    resolution = merge("plain", CATALOGUE.with_settings(ignored), (), {})
    assert find(resolution, "mine").source == "worker default"
    assert find(resolution, "grpc").source == "vLLM default"


def test_an_unknown_name() -> None:
    with pytest.raises(KeyError):
        resolve().value("nonsense")


def test_consumed_settings_are_not_passed_on() -> None:
    resolution = resolve(Says("here", ("port", "81"), ("seed", "1"), ("grace_period", "3")))
    assert resolution.engine_args == ("--seed", "1")
    assert find(resolution, "port").flag is None


def test_the_model_comes_first() -> None:
    assert resolve(Says("here", ("seed", "1"), ("model", "org/name"))).engine_args[:2] == ("--model", "org/name")


def test_every_problem_is_reported() -> None:
    resolution = resolve(
        Says("here", ("seed", "x"), ("max_num_seqs", "y"), ("enable_log_outputs", "1")), problems=["before"]
    )
    assert sorted(resolution.errors) == [
        "before",
        "enable_log_outputs True (here) needs enable_log_requests as well",
        "max_num_seqs: 'y' is not an integer (here)",
        "seed: 'x' is not an integer (here)",
    ]


def test_a_wrong_value_that_is_overridden_is_a_warning() -> None:
    resolution = resolve(Says("first", ("seed", "1")), Says("second", ("seed", "x")))
    assert resolution.errors == ()
    assert resolution.warnings == ("seed: 'x' is not an integer (second), overridden: first",)


@pytest.mark.parametrize(
    ("name", "raw"),
    [("headless", True), ("grpc", "1"), ("api_server_count", "2"), ("api_server_count", "0"), ("grpc_port", "50051")],
)
def test_refused(name: str, raw: object) -> None:
    (error,) = resolve(Says("here", (name, raw))).errors
    assert error.startswith(f"{name}: this worker")
    assert error.endswith("(here)")


@pytest.mark.parametrize(("name", "raw"), [("headless", "no"), ("api_server_count", "1")])
def test_harmless(name: str, raw: object) -> None:
    resolution = resolve(Says("here", (name, raw)))
    assert resolution.errors == resolution.engine_args == ()


def test_ignored() -> None:
    resolution = resolve(Says("here", ("enable_ssl_refresh", True)))
    assert resolution.warnings == (
        "enable_ssl_refresh is ignored: restart the worker after a change of its certificate (here)",
    )
    assert resolution.engine_args == ()


def test_deprecated() -> None:
    (warning,) = resolve(Says("here", ("disable_cascade_attn", True))).warnings
    assert warning.startswith("disable_cascade_attn: vLLM has deprecated this")


def test_json() -> None:
    shown = resolve(Says("here", ("seed", "1"))).to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert shown.keys() == {"platform", "settings", "engine_args", "warnings", "errors"}
    assert {"name": "seed", "value": 1, "source": "here", "flag": "--seed", "overridden": []} in shown["settings"]


def test_secrets_are_used_but_never_shown() -> None:
    resolution = resolve(
        Says("first", ("api_key", ["open-sesame"]), ("hf_token", "hf_abcdef")),
        Says("second", ("api_key", ["old-sesame"])),
        Says("third", ("kv_transfer_config", '{"kv_connector_extra_config": {"password": "tiger"}}')),
        problems=["unexpected argument 'open-sesame'"],
    )
    assert "hf_abcdef" in resolution.engine_args
    for shown in (json.dumps(resolution.to_json()), repr(resolution), *resolution.errors):
        for secret in ("open-sesame", "old-sesame", "hf_abcdef", "tiger"):
            assert secret not in shown
    assert find(resolution, "api_key").to_json() == {
        "name": "api_key",
        "value": ["***"],
        "source": "first",
        "flag": None,
        "overridden": [{"value": ["***"], "source": "second"}],
    }


def test_it_can_be_handed_to_another_process() -> None:
    resolution = resolve(Says("here", ("seed", "1")))
    assert pickle.loads(pickle.dumps(resolution)) == resolution


def ruled(*outcomes: Outcome, environ: Environ = no_variables) -> Resolution:
    sources = [Says("first"), Says("second", ("seed", "2")), Says("third", ("seed", "3"))]
    return merge("plain", CATALOGUE, sources, {}, rules=[lambda view: outcomes], environ=environ)


@pytest.mark.parametrize(
    ("change", "value", "overridden"),
    [
        (Change("seed", 9, "rule", 0), 9, (2, 3)),
        (Change("seed", 9, "rule", 1), 9, (2, 3)),
        (Change("seed", 9, "rule", 1, modest=True), 2, (9, 3)),
        (Change("seed", 9, "rule", 2), 2, (9, 3)),
        (Change("seed", 9, "rule", 2, modest=True), 2, (3, 9)),
        (Change("seed", None, "rule", 1), None, (2, 3)),
    ],
)
def test_a_rules_change_takes_its_place(change: Change, value: int | None, overridden: tuple[int, ...]) -> None:
    seed = find(ruled(change), "seed")
    assert (seed.value, tuple(value for value, _ in seed.overridden)) == (value, overridden)


def test_what_a_rule_takes_away_is_not_passed_on() -> None:
    assert ruled(Change("seed", None, "rule", 0)).engine_args == ()


def test_a_rules_remarks() -> None:
    resolution = ruled(Remark("mind"), Remark("stop", fatal=True))
    assert (resolution.warnings, resolution.errors) == (("mind",), ("stop",))


def test_a_rules_wrong_value() -> None:
    assert ruled(Change("seed", "x", "rule", 0)).errors == ("seed: 'x' is not an integer (rule)",)


def test_rules_see_what_rules_before_them_did() -> None:
    def first(view: View) -> list[Outcome]:
        return [Change("seed", 7, "rule", 0)]

    def second(view: View) -> list[Outcome]:
        return [Remark(view.cite("seed"))]

    assert merge("plain", CATALOGUE, [], {}, rules=[first, second]).warnings == ("seed 7 (rule)",)


def test_the_variables_of_the_processes() -> None:
    def environ(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> dict[str, str | None]:
        return {"SEED": str(settled["seed"].value), "OLD": None}

    resolution = ruled(environ=environ)
    assert resolution.environment == {"SEED": "2", "OLD": None}
    assert "environment" not in resolution.to_json()


def test_a_rule_sees_which_source_said_something() -> None:
    strong, weak = Says("strong", ("seed", "1")), Says("weak", ("seed", "2"), ("max_num_seqs", "3"))
    seen: list[Source | None] = []

    def rule(view: View) -> list[Outcome]:
        made = Settled(1, "here", WEAKEST)
        settled = (view.settled("seed"), view.settled("max_num_seqs"), made)
        seen.extend(view.source(each) for each in settled if each)
        return []

    merge("plain", CATALOGUE, (strong, weak), {}, rules=(rule,))
    assert seen == [strong, weak, None]
