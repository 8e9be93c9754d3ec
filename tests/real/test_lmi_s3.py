from pathlib import Path

from dragoman.models import MINI
from dragoman.models.adapter import write
from tests.buckets import BUCKET, Buckets
from tests.real.lmi import Container

URL = f"s3://{BUCKET}/mini"
PROMPT = {"inputs": "Once upon a time", "parameters": {"max_new_tokens": 12, "do_sample": False}}


def test_a_model_on_s3_is_served_with_its_adapters(tmp_path: Path) -> None:
    variables = {
        "OPTION_MODEL_ID": URL,
        "OPTION_ENABLE_LORA": "true",
        "SERVING_DOWNLOAD_DIR": str(tmp_path / "downloads"),
    }
    with Buckets() as buckets:
        buckets.upload(MINI, "mini")
        buckets.upload(write(tmp_path / "french"), "mini/adapters/french")
        with Container({**buckets.variables, **variables}) as container:
            container.wait_ready()
            own = container.post(PROMPT)
            adapted = container.post({**PROMPT, "adapters": "french"})
            log = container.log()
            assert container.terminate() == 0
    assert (own.status_code, adapted.status_code) == (200, 200)
    assert own.json()["generated_text"] != adapted.json()["generated_text"]
    assert f"downloading {URL}: 0.0 of " in log
    (directory,) = (path for path in (tmp_path / "downloads" / "download").iterdir() if path.is_dir())
    assert (directory / "model.safetensors").read_bytes() == (MINI / "model.safetensors").read_bytes()
