"""What the installed vLLM fetches for a request."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "vllm_media.py"
REFUSED = "VLLMValidationError Media is fetched from public addresses only (allow_private_media). (parameter=url)"


def test_vllm_fetches_nothing_from_private_addresses_whatever_their_names() -> None:
    urls = ["http://127.0.0.1:1/a.png", "http://rebound.example.com:1/a.png"]
    run = subprocess.run([sys.executable, SCRIPT, *urls], stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    said = [line.removeprefix("said: ") for line in run.stdout.splitlines() if line.startswith("said: ")]
    assert said == [REFUSED, REFUSED, "redirects False"]
