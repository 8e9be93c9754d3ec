"""Has vLLM fetch each URL of the command line as it would for a request, and prints what it says: one line a URL.

Every name that ends in ``.example.com`` stands for this machine.
"""

import asyncio
import socket
import sys

from dragoman.serving.entrance.limits import Limits


async def main() -> None:
    """Fetches."""
    from dragoman.engine.companions import hide_misfits

    hide_misfits()
    from vllm import envs
    from vllm.multimodal.media import MEDIA_CONNECTOR_REGISTRY

    from dragoman.engine.vllm import VllmSource

    VllmSource(Limits())
    connector = MEDIA_CONNECTOR_REGISTRY.load(envs.VLLM_MEDIA_CONNECTOR)
    for url in sys.argv[1:]:
        try:
            await connector.fetch_image_async(url)
        except Exception as error:
            sys.stdout.write(f"said: {type(error).__name__} {error}\n")
    sys.stdout.write(f"said: redirects {envs.VLLM_MEDIA_URL_ALLOW_REDIRECTS}\n")


if __name__ == "__main__":
    find = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **more: find(
        "127.0.0.1" if str(host).endswith(".example.com") else host, *rest, **more
    )
    asyncio.run(main())
