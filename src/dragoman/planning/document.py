"""A plan for programs: one JSON object."""

from dataclasses import replace
from typing import Any

from dragoman.planning.cells import bytes_of_token
from dragoman.planning.layers import Attention, Latent, Layer
from dragoman.planning.plan import Plan
from dragoman.planning.words import kind, state_bytes
from dragoman.settings.secrets import mask_inside


def document(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data: sizes are bytes, times are seconds, null is what is not known."""
    return {
        "model": _model(plan),
        "parameters": plan.weights.parameters,
        "weights": _weights(plan),
        "cache": _cache(plan),
        "device": _device(plan),
        "fit": _fit(plan),
        "remedies": [{"do": each.words, "settings": dict(each.settings)} for each in plan.remedies],
        "suggestions": {each.target: {file.name: file.text for file in each.files} for each in plan.suggestions},
        "boot": _boot(plan),
        "notes": list(plan.notes),
        "warnings": list(plan.resolution.warnings),
        "errors": list(plan.resolution.errors),
    }


def _model(plan: Plan) -> dict[str, Any]:
    configuration = plan.configuration
    return {
        "name": mask_inside(plan.material.name),
        "place": plan.material.place,
        "type": configuration.model_type or None,
        "architectures": list(configuration.architectures),
        "to_download": plan.material.to_download,
    }


def _weights(plan: Plan) -> dict[str, Any]:
    return {
        "files": plan.material.files or None,
        "memory": plan.weights.memory,
        "per_device": plan.fit.budget.weights,
        "dtype": plan.engine.terms.dtype,
        "quantization": plan.weights.quantization,
        "types": [
            {"dtype": each.dtype, "parameters": each.parameters, "files": each.files} for each in plan.weights.shares
        ],
    }


def _cache(plan: Plan) -> dict[str, Any]:
    terms = plan.engine.terms
    if plan.geometry is None:
        return {
            "unknown": plan.unknown,
            "dtype": terms.cache_dtype,
            "layers": None,
            "bytes_per_token": None,
            "bytes_per_sequence": None,
        }
    layers = [{"count": count, **_layer(layer, plan)} for layer, count in plan.geometry.counts().items()]
    return {
        "unknown": None,
        "dtype": terms.cache_dtype,
        "layers": layers,
        "bytes_per_token": sum(each["count"] * each["bytes_per_token"] for each in layers),
        "bytes_per_sequence": sum(each["count"] * each["bytes_per_sequence"] for each in layers),
    }


def _layer(layer: Layer, plan: Plan) -> dict[str, Any]:
    terms = replace(plan.engine.terms, degree=plan.fit.degree)
    if isinstance(layer, Attention | Latent):
        window = layer.window if isinstance(layer, Attention) else None
        token, sequence = bytes_of_token(layer, terms), 0
    else:
        window, token, sequence = None, 0, state_bytes(layer, terms)
    return {"kind": kind(layer), "window": window, "bytes_per_token": token, "bytes_per_sequence": sequence}


def _device(plan: Plan) -> dict[str, Any]:
    device = plan.device
    return {"kind": device.name, "count": device.count, "memory": device.memory, "free": device.free}


def _fit(plan: Plan) -> dict[str, Any]:
    fit, held = plan.fit, plan.fit.capacity
    return {
        "fits": fit.fits,
        "problem": fit.problem,
        "tensor_parallel_size": fit.degree,
        "pipeline_parallel_size": plan.engine.terms.stages,
        "data_parallel_size": plan.engine.replicas,
        "gpu_memory_utilization": plan.engine.utilization,
        "memory_taken": fit.budget.taken,
        "work": fit.budget.work,
        "kv_cache_memory_bytes": fit.cache,
        "kv_cache_is_set": fit.budget.is_set,
        "max_model_len": fit.length,
        "longest_context": fit.longest,
        "max_num_seqs": plan.engine.sequences,
        "max_num_batched_tokens": plan.engine.batched,
        "block_size": fit.pool.block if fit.pool else None,
        "blocks": held.blocks if held else None,
        "kv_cache_size_tokens": held.tokens if held else None,
        "max_concurrency": round(held.concurrency, 2) if held else None,
        "bytes_of_longest_request": fit.pool.bytes(fit.length) if fit.pool else None,
    }


def _boot(plan: Plan) -> dict[str, Any]:
    made = plan.forecast
    return {
        "basis": made.basis,
        "download": round(made.beside, 1),
        "phases": [{"name": name, "seconds": seconds} for name, seconds in made.phases],
        "total": made.total,
    }
