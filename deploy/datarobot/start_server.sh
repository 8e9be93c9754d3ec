#!/bin/sh
# Starts the worker; arguments are flags of `dragoman serve`. Written by `dragoman forms`.
set -e

# 0 where there is no nvidia-smi.
GPU_COUNT=$(nvidia-smi -L 2>/dev/null | wc -l)
export GPU_COUNT

exec dragoman serve --platform datarobot "$@"
