"""What one request may ask for: the limits that protect the engine, on every platform alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Self

from dragoman.settings.values import Value

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits, each under the name that its setting has in the catalogue.

    Args:
        max_body_size: bytes of a request's body, counted while it comes.
        max_json_depth: how deep objects and lists may be nested.
        max_json_values: how many values they may hold, but for tokens.
        max_messages: how many messages a conversation may have.
        max_sequences: how many sequences one request may ask for: its prompts, texts or documents, times ``n``.
        max_n: how many answers to one prompt.
        max_logprobs: vLLM's own option; -1 is no limit.
        max_grammar_size: characters of a grammar, a regular expression or a JSON schema that shapes an answer.
        trust_request_chat_template: vLLM's own option: a request may bring a chat template.
        enable_prompt_embeds: vLLM's own option: a prompt may come as a tensor.
        enable_mm_embeds: vLLM's own option: an image or the like may come as a tensor.
        allow_private_media: images and the like may come from addresses that are not public.
        allow_media_redirects: fetching them follows redirects.
        allowed_media_domains: vLLM's own option: the only hosts that they may come from; these may be private ones.
        allowed_local_media_path: vLLM's own option: the directory that they may come from.
    """

    max_body_size: int = 32 * MIB
    max_json_depth: int = 64
    max_json_values: int = 2**16
    max_messages: int = 4096
    max_sequences: int = 2048
    max_n: int = 128
    max_logprobs: int = 20
    max_grammar_size: int = 64 * 2**10
    trust_request_chat_template: bool = False
    enable_prompt_embeds: bool = False
    enable_mm_embeds: bool = False
    allow_private_media: bool = False
    allow_media_redirects: bool = False
    allowed_media_domains: tuple[str, ...] = ()
    allowed_local_media_path: str = ""

    @classmethod
    def of(cls, value: Callable[[str], Value]) -> Self:
        """The limits among the settings.

        Args:
            value: gives a setting's value by its name; null is the default.
        """
        given = {field.name: value(field.name) for field in fields(cls)}
        return cls.from_json({name: each for name, each in given.items() if each is not None})

    @classmethod
    def from_json(cls, content: Mapping[str, Value]) -> Self:
        """The limits that JSON holds, in which there are lists in place of tuples."""
        frozen: dict[str, Value] = {}
        for name, each in content.items():
            frozen[name] = tuple(each) if isinstance(each, list) else each
        return cls(**frozen)
