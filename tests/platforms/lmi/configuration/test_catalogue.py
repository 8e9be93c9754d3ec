from dragoman.platforms import catalogue_of
from dragoman.platforms.lmi.configuration.catalogue import SETTINGS
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.settings import PLATFORM
from tests.platforms.lmi.configuration.resolving import on_lmi

CATALOGUE = catalogue_of(PLATFORM)
# What the worker itself is the one to follow, beside its application.
FOLLOWED_BY_RULES = {"async_mode", "batch_size", "engine", "env", "lmcache_config_file", "model_loading_timeout"} | {
    "max_request_size",
    "properties_dir",
}
WORKERS = {"min_workers", "max_workers"}


def test_the_application_gets_all_that_it_asks_for() -> None:
    assert all(name in CATALOGUE for name in PLATFORM.hands_down)
    resolution = on_lmi({"OPTION_ROLLING_BATCH": "vllm"})
    options = Options.of({name: resolution.value(name) for name in PLATFORM.hands_down})
    assert (options.rolling_batch, options.max_num_seqs, options.predict_timeout) == ("vllm", 256, 240.0)


def test_no_setting_of_the_worker_reaches_nothing() -> None:
    own = {setting.name for setting in SETTINGS if setting.use == "worker"}
    assert own - set(PLATFORM.hands_down) == FOLLOWED_BY_RULES | WORKERS


def test_the_defaults_are_those_of_the_application() -> None:
    given = {"model_name", "model_url", "served_model_name"}
    defaults = {name: field.default for name, field in Options.__dataclass_fields__.items() if name not in given}
    own = {setting.name: setting.default for setting in SETTINGS if setting.name in defaults}
    assert own == {name: defaults[name] for name in own}
