# The CUDA build of vLLM where there is an NVIDIA GPU, else the CPU build; VARIANT=cpu or VARIANT=gpu decides otherwise.
ifndef VARIANT
VARIANT := $(if $(shell nvidia-smi -L 2>/dev/null || ls /proc/driver/nvidia/gpus 2>/dev/null),gpu,cpu)
endif
INSTALLED := .venv/installed-$(VARIANT)

# They go to the worker's command line; in its environment they could be read as settings a second time.
unexport PORT MODEL ARGS

.PHONY: help serve test bench harden docs lint lock clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

serve: $(INSTALLED) ## serve the bundled model on port 8000 [PORT=8731] [MODEL=name-or-folder] [ARGS="any flag"]
	@exec .venv/bin/dragoman serve $(if $(PORT),--port $(PORT)) $(if $(MODEL),--model $(MODEL)) $(ARGS)

test: $(INSTALLED) ## run the whole test suite, real vLLM included [ARGS="any pytest argument"]
	@.venv/bin/python -m pytest --cov --cov-report=term:skip-covered $(ARGS)

bench: $(INSTALLED) ## measure side by side with stock vLLM; prints a table, writes JSON [ARGS="any argument"]
	@.venv/bin/python -m bench $(ARGS)

harden: $(INSTALLED) ## try to break it: hostile input, faults, endurance, overload; prints a table, writes JSON [ARGS="any argument"]
	@.venv/bin/python -m hardening $(ARGS)

docs: $(INSTALLED) ## build the documentation as a site in site/ [ARGS="any argument of mkdocs build"]
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict $(ARGS)

lint: $(INSTALLED) ## check style and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

lock: ## remake requirements/*.txt with the newest versions that pyproject.toml allows
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && python=$$(scripts/find-python) && \
	"$$python" -m venv "$$folder" && "$$folder/bin/python" -m pip install -qq uv packaging && \
	"$$folder/bin/python" tools/lock.py

clean: ## remove what make has installed
	rm -rf .venv .venv-drum

# Touched last: an installation that failed or was interrupted is taken up again.
$(INSTALLED): requirements/$(VARIANT).txt requirements/dev.txt pyproject.toml
	@scripts/install $(VARIANT)
	@touch $@
