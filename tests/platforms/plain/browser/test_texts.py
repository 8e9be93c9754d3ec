import pytest
from playwright.sync_api import Page, expect

from tests.platforms.plain.browser.engine import Engine, Json

VECTORS: Json = {
    "data": [{"index": 0, "embedding": [1, 0, 0, 0, 0]}, {"index": 1, "embedding": [1, 1, 0, 0, 0]}],
    "usage": {"prompt_tokens": 1234},
}
CLASSES: Json = {
    "data": [
        {"index": 0, "label": "good", "probs": [0.1, 0.9], "num_classes": 2},
        {"index": 1, "label": None, "probs": [0.7, 0.3], "num_classes": 2},
    ]
}
STATES: Json = {"data": [{"index": 0, "data": [[0.25, 0.5], [1, 2], [3, 4]]}, {"index": 1, "data": [[1, 2]]}]}


def shows(page: Page, rows: list[str]) -> None:
    page.locator("#texts").fill("one\n\n  two ")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#texts-table tbody tr")).to_have_text(rows)


class TestEmbeddings:
    @pytest.fixture
    def engine(self) -> Engine:
        return Engine("embed", "token_embed", answers={"/v1/embeddings": VECTORS})

    def test_texts_become_numbers(self, shown: Page, engine: Engine) -> None:
        expect(shown.get_by_role("heading", name="Embeddings")).to_be_visible()
        expect(shown.locator("#chat-view")).to_be_hidden()

        shows(shown, ["one1.0005: 1.000, 0.000, 0.000, 0.000, …", "two0.7075: 1.000, 1.000, 0.000, 0.000, …"])

        assert engine.asked() == {"model": "mini", "input": ["one", "two"]}
        expect(shown.locator("#texts-result")).to_contain_text("2 texts, 1,234 tokens, ")

    def test_the_request_is_shown(self, shown: Page) -> None:
        shown.locator("#texts").fill("only")
        expect(shown.locator("#code")).to_contain_text('"input": "only"')
        shown.get_by_role("button", name="Python").click()
        expect(shown.locator("#code")).to_contain_text("client.embeddings.create(")

    def test_nothing_is_not_sent(self, shown: Page) -> None:
        shown.locator("#texts").fill("")
        shown.get_by_role("button", name="Send").click()
        expect(shown.locator("#texts-result")).to_have_text("Type a text first.")


class TestClassification:
    @pytest.fixture
    def engine(self) -> Engine:
        return Engine("classify", answers={"/classify": CLASSES})

    def test_texts_have_classes(self, shown: Page, engine: Engine) -> None:
        expect(shown.get_by_role("heading", name="Classification")).to_be_visible()
        shows(shown, ["onegood0.900", "two00.700"])
        assert engine.asked() == {"model": "mini", "input": ["one", "two"]}


class TestPooling:
    @pytest.fixture
    def engine(self) -> Engine:
        return Engine("token_classify", answers={"/pooling": STATES})

    def test_tokens_have_numbers(self, shown: Page) -> None:
        expect(shown.get_by_role("heading", name="Pooling")).to_be_visible()
        shows(
            shown,
            [
                "one3 \N{MULTIPLICATION SIGN} 2: 0.250, 0.500, 1.000, 2.000, …",
                "two1 \N{MULTIPLICATION SIGN} 2: 1.000, 2.000",
            ],
        )


class TestTranscription:
    @pytest.fixture
    def engine(self) -> Engine:
        return Engine("transcription")

    def test_audio_is_sent_by_a_program(self, shown: Page) -> None:
        expect(shown.get_by_role("heading", name="Transcription")).to_be_visible()
        expect(shown.locator("#texts-form")).to_be_hidden()
        expect(shown.locator("#code")).to_contain_text("-F file=@speech.wav")


class TestRefusal:
    @pytest.fixture
    def engine(self) -> Engine:
        return Engine("embed")

    def test_it_is_told(self, shown: Page) -> None:
        shown.get_by_role("button", name="Send").click()
        expect(shown.locator("#texts-result")).to_contain_text("The worker has answered 404")


class TestUnknown:
    @pytest.fixture
    def engine(self) -> Engine:
        return Engine()

    def test_where_nobody_knows_there_is_a_chat(self, shown: Page) -> None:
        expect(shown.get_by_role("heading", name="Chat")).to_be_visible()
