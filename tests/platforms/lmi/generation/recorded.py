"""What vLLM 0.32 answered with the bundled model, without the fields that nobody looks at."""

from typing import Any

from dragoman.settings.values import Value
from tests.platforms.lmi.generation.completions import DONE, sse

Json = dict[str, Any]

PROMPT_IDS = [1, 271, 201, 979, 2, 201, 1, 274, 201]


def _usage(generated: int) -> Json:
    return {"prompt_tokens": 9, "total_tokens": 9 + generated, "completion_tokens": generated}


def _logprobs(texts: list[str], values: list[float]) -> Json:
    top = [{text: value} for text, value in zip(texts, values, strict=True)]
    return {"text_offset": [0] * len(texts), "token_logprobs": values, "tokens": texts, "top_logprobs": top}


def _whole(choices: list[Json], generated: int) -> Json:
    head = {"id": "cmpl-95", "object": "text_completion", "created": 1795282000, "model": "dragoman-mini"}
    rest = {"service_tier": None, "system_fingerprint": "vllm-0.32.0", "kv_transfer_params": None, "metrics": None}
    return head | {"choices": choices, "usage": _usage(generated)} | rest


def _chunk(
    text: str, own: str, token: int, value: float, place: int, end: str | None = None, by: Value = None
) -> bytes:
    prompt = {"prompt_token_ids": PROMPT_IDS if place == 1 else None, "token_ids": [token]}
    ending = {"finish_reason": end, "stop_reason": by}
    choice = {"index": 0, "text": text, "logprobs": _logprobs([own], [value])} | ending | prompt
    head = {"id": "cmpl-95", "object": "text_completion", "created": 1795282000, "model": "dragoman-mini"}
    return sse(head | {"choices": [choice], "usage": _usage(place)})


def _end(generated: int) -> list[bytes]:
    head = {"id": "cmpl-95", "object": "text_completion", "created": 1795282000, "model": "dragoman-mini"}
    return [sse(head | {"choices": [], "usage": _usage(generated), "system_fingerprint": "vllm-0.32.0"}), DONE]


# Ended by its own token, whose text is no part of the answer's.
ENDED = _whole(
    [
        {
            "index": 0,
            "text": "How can I?",
            "logprobs": _logprobs(
                ["How", " ", "can", " ", "I", "?", "<|im_end|>"], [-0.5, -0.25, -0.1, 0.0, -0.3, -1.9, -2.9]
            ),
            "finish_reason": "stop",
            "stop_reason": None,
            "token_ids": [385, 223, 359, 223, 43, 33, 2],
            "prompt_logprobs": None,
            "prompt_token_ids": PROMPT_IDS,
            "routed_experts": None,
        }
    ],
    7,
)

# With `stop: ["lo! "]`: the text ends within the first token.
STOPPED = _whole(
    [
        {
            "index": 0,
            "text": "Hel",
            "logprobs": _logprobs(["Hello", "!", " "], [-0.00014, 0.0, -1.2e-07]),
            "finish_reason": "stop",
            "stop_reason": "lo! ",
            "token_ids": [554, 3, 223],
            "prompt_logprobs": None,
            "prompt_token_ids": PROMPT_IDS,
        }
    ],
    3,
)
STOPPED_STREAM = [
    _chunk("He", "Hello", 554, -0.00014, 1),
    _chunk("l", "!", 3, 0.0, 2),
    _chunk("", " ", 223, -1.2e-07, 3, "stop", "lo! "),
    *_end(3),
]

# With `stop: ["zzzzz"]`: four characters are held back until the end.
HELD_STREAM = [
    _chunk("H", "Hello", 554, -0.00014, 1),
    _chunk("e", "!", 3, 0.0, 2),
    _chunk("llo! ", " ", 223, -1.2e-07, 3, "length"),
    *_end(3),
]
HELD_STREAM_ENDED = [
    _chunk("", "How", 385, -0.5, 1),
    _chunk("", "?", 33, -1.9, 2),
    _chunk("How?", "<|im_end|>", 2, -2.9, 3, "stop"),
    *_end(3),
]

# With `prompt_logprobs: 1`: the prompt "Once" of three tokens; its first one has no entry.
PREFILL = _whole(
    [
        {
            "index": 0,
            "text": " ",
            "logprobs": _logprobs([" "], [-0.00022]),
            "finish_reason": "length",
            "stop_reason": None,
            "token_ids": [223],
            "prompt_logprobs": [
                None,
                {
                    "80": {"logprob": -12.17, "rank": 301, "decoded_token": "n"},
                    "49": {"logprob": -0.06, "rank": 1, "decoded_token": "O"},
                },
                {
                    "328": {"logprob": -18.04, "rank": 1003, "decoded_token": "ce"},
                    "80": {"logprob": -0.63, "rank": 1, "decoded_token": "n"},
                },
            ],
            "prompt_token_ids": [49, 80, 328],
        }
    ],
    1,
)

# With `logprobs: 2, return_tokens_as_token_ids: true`; the sampled token comes first, whatever its rank.
NUMBERED = _whole(
    [
        {
            "index": 0,
            "text": "Hello!",
            "logprobs": {
                "text_offset": [0, 12],
                "token_logprobs": [-1.5, 0.0],
                "tokens": ["token_id:554", "token_id:3"],
                "top_logprobs": [
                    {"token_id:554": -1.5, "token_id:923": -0.5, "token_id:979": -2.5},
                    {"token_id:3": 0.0, "token_id:359": -18.1875},
                ],
            },
            "finish_reason": "length",
            "stop_reason": None,
            "token_ids": [554, 3],
            "prompt_logprobs": None,
            "prompt_token_ids": PROMPT_IDS,
        }
    ],
    2,
)

# With `use_beam_search: true`, which is emulated: all tokens in one event, the reason for the end in another.
BEAM_STREAM = [
    sse(
        {
            "id": "cmpl-b1",
            "object": "text_completion",
            "created": 1795282006,
            "model": "dragoman-mini",
            "choices": [
                {
                    "index": index,
                    "logprobs": _logprobs([" ", second], [-0.0002, -2.03]),
                    "finish_reason": None,
                    "text": " " + second,
                    "prompt_token_ids": PROMPT_IDS,
                    "token_ids": [223, token],
                }
            ],
            "usage": _usage(4),
        }
        if part == 0
        else {
            "id": "cmpl-b1",
            "object": "text_completion",
            "created": 1795282006,
            "model": "dragoman-mini",
            "choices": [{"index": index, "logprobs": None, "finish_reason": "length", "text": "", "stop_reason": None}],
            "usage": _usage(4),
        }
    )
    for index, second, token in [(0, "open", 461), (1, "user", 271)]
    for part in (0, 1)
] + _end(4)

_HELLO: Json = {"token": "Hello", "logprob": -0.00014, "bytes": [72, 101, 108, 108, 111]}
_MARK = {"token": "!", "logprob": 0.0, "bytes": [33]}
CHAT_LOGPROBS = {"content": [each | {"top_logprobs": [each]} for each in (_HELLO, _MARK)]}
CHAT: Json = {
    "id": "chatcmpl-97",
    "object": "chat.completion",
    "created": 1795282006,
    "model": "dragoman-mini",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hello!",
                "refusal": None,
                "annotations": None,
                "audio": None,
                "function_call": None,
                "reasoning": None,
            },
            "logprobs": CHAT_LOGPROBS,
            "finish_reason": "stop",
            "stop_reason": None,
            "token_ids": None,
            "routed_experts": None,
        }
    ],
    "service_tier": None,
    "system_fingerprint": "vllm-0.32.0",
    "usage": {**_usage(2), "prompt_tokens_details": None, "completion_tokens_details": None},
    "prompt_logprobs": None,
    "prompt_token_ids": None,
    "kv_transfer_params": None,
}


def _chat_chunk(delta: Json, end: str | None = None, **rest: Value) -> bytes:
    head = {"id": "chatcmpl-98", "object": "chat.completion.chunk", "created": 1795282006, "model": "dragoman-mini"}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": end, "token_ids": None}
    return sse(head | {"choices": [choice]} | rest)


CHAT_STREAM = [
    _chat_chunk({"role": "assistant", "content": ""}, prompt_token_ids=None, prompt_text=None),
    _chat_chunk({"content": "Hello"}),
    _chat_chunk({"content": "!"}),
    _chat_chunk({}, "stop", system_fingerprint="vllm-0.32.0"),
    DONE,
]
