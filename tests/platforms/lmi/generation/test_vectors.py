from dragoman.platforms.lmi.generation.vectors import Vectors


def test_vectors_are_a_list_of_lists_in_the_order_of_the_inputs() -> None:
    data = [{"object": "embedding", "index": index, "embedding": [float(index), 0.5]} for index in (1, 0)]
    assert Vectors().whole({"object": "list", "data": data, "usage": {}}) == b"[[0.0,0.5],[1.0,0.5]]\n"


def test_one_input_is_a_list_of_one_vector() -> None:
    assert Vectors().whole({"data": [{"index": 0, "embedding": [0.25]}]}) == b"[[0.25]]\n"
