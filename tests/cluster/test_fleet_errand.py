from dragoman.cluster.fleet_errand import Errand


def test_an_errand_is_read_as_it_was_written() -> None:
    errand = Errand(["--replicas", "2", "--served-model-name", "größe"], "/tmp/x", 7)
    assert Errand.from_json(errand.to_json()) == errand
