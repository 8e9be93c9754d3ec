"""Settings of earlier versions of vLLM that have no successor."""

from dragoman.settings.retired.entries import ignored

_PREEMPTION = "vLLM always recomputes what it preempts"
_SCHEDULER = "the scheduler no longer has this delay, these steps or these slots"
_PROMPT_ADAPTERS = "vLLM has dropped prompt adapters"
_TOKENIZERS = "vLLM has no pool of tokenizers; the nearest is renderer_num_workers"
_CAPTURE = "no limit on the length of a context for CUDA graphs is left; max_cudagraph_capture_size is another thing"
_PARTIAL_PREFILLS = "vLLM limits partial prefills by long_prefill_token_threshold alone"
_ACCEPTANCE = "vLLM has dropped the typical acceptance sampler"

SETTINGS = (
    ignored("tokenizer_pool_size", _TOKENIZERS, 0),
    ignored("tokenizer_pool_type", _TOKENIZERS, "ray"),
    ignored("tokenizer_pool_extra_config", _TOKENIZERS),
    ignored("quantization_param_path", "the scales of an FP8 KV cache come with the checkpoint"),
    ignored("calculate_kv_scales", "the scales of an FP8 KV cache come with the checkpoint", takes="bool"),
    ignored("max_seq_len_to_capture", _CAPTURE, 8192),
    ignored("max_context_len_to_capture", _CAPTURE, 8192),
    ignored("device", "vLLM finds the device by itself", "auto"),
    ignored("swap_space", "vLLM no longer swaps to the CPU's memory; the nearest is kv_offloading_size", 4, 0),
    ignored("use_v2_block_manager", "there is only one block manager left", takes="bool"),
    ignored("num_lookahead_slots", _SCHEDULER, 0),
    ignored("scheduler_delay_factor", _SCHEDULER, 0),
    ignored("num_scheduler_steps", _SCHEDULER, 1),
    ignored("multi_step_stream_outputs", _SCHEDULER, takes="bool"),
    ignored("preemption_mode", _PREEMPTION, "recompute"),
    ignored("preemption_check_period", _PREEMPTION, 1),
    ignored("preemption_cpu_capacity", _PREEMPTION, 2),
    ignored("max_long_partial_prefills", _PARTIAL_PREFILLS, 1),
    ignored("max_num_partial_prefills", _PARTIAL_PREFILLS, 1),
    ignored("lora_extra_vocab_size", "vLLM has dropped adapters that extend the vocabulary", 256),
    ignored("long_lora_scaling_factors", "vLLM has dropped LongLoRA"),
    ignored("enable_lora_bias", "vLLM has dropped biases of adapters", takes="bool"),
    ignored("enable_prompt_adapter", _PROMPT_ADAPTERS, takes="bool"),
    ignored("max_prompt_adapters", _PROMPT_ADAPTERS, 1),
    ignored("max_prompt_adapter_token", _PROMPT_ADAPTERS, 0),
    ignored("spec_decoding_acceptance_method", _ACCEPTANCE, "rejection_sampler"),
    ignored("typical_acceptance_sampler_posterior_threshold", _ACCEPTANCE),
    ignored("typical_acceptance_sampler_posterior_alpha", _ACCEPTANCE),
    ignored("disable_logprobs_during_spec_decoding", "vLLM returns log-probabilities always", takes="bool"),
    ignored("guided_decoding_disable_fallback", "there is no fallback unless the backend is auto", takes="bool"),
    ignored("logits_processor_pattern", "requests can no longer name logits processors"),
    ignored("disable_frontend_multiprocessing", "this worker decides which processes there are", takes="bool"),
    ignored("override_attention_dtype", "vLLM has dropped it"),
)
