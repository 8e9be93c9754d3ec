from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.variables import variables


def test_all_variables_of_all_settings() -> None:
    catalogue = Catalogue(
        [
            Setting(name="seed", use="engine", help="The seed.", variables=("NUMBER", "SEED")),
            Setting(name="old", use="ignored", reason="it is gone", variables=("OLD",)),
        ]
    )
    listed = [(each.name, each.setting.name, each.action, each.sentence) for each in variables(catalogue)]
    assert listed == [
        ("NUMBER", "seed", "renamed", "The seed."),
        ("SEED", "seed", "passed", "The seed."),
        ("OLD", "old", "ignored", "Ignored: it is gone."),
    ]
