# make demo    set up and screen the shipped samples
# make test    set up and run the tests
# make wheels  resolve the base and every extra without a compiler, for each supported Python
# make check   formatting, lint, types, tests
# make fuzz    feed it damaged media, sidecars, person files and results for FUZZ_SECONDS
# make bench   the benchmarks (needs labelled media: MEDIA=folder)
# make docs    write docs/api.md from the code
# make goldens write what the tests compare with, and docs/api.md
# make lock    renew requirements.lock

PYTHON ?= python3
PYTEST ?=
MEDIA ?= ../shared/media
BIN := .venv/bin
FUZZ_SECONDS ?= 600
EXTRAS ?= cpu,ocr,stix,misp,train,dev

.PHONY: demo test check lint types wheels format fuzz bench docs goldens lock clean

demo: .venv/ready
	$(BIN)/media-screen scan samples/downloads --people samples/people --out demo-out || test $$? -eq 1

test: .venv/ready
	$(BIN)/python -m pytest $(PYTEST)

check: lint types test

wheels: .venv/ready
	$(BIN)/python -m tests.wheels

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/ready
	$(BIN)/mypy

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

fuzz: .venv/ready
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

bench: .venv/ready
	$(BIN)/python -m benchmarks.faces --media $(MEDIA)
	$(BIN)/python -m benchmarks.face_consistency --media $(MEDIA)
	$(BIN)/python -m benchmarks.provenance --media $(MEDIA)
	$(BIN)/python -m benchmarks.local_changes --media $(MEDIA)
	$(BIN)/python -m benchmarks.catalogue
	$(BIN)/python -m benchmarks.voice.levels --media $(MEDIA)
	$(BIN)/python -m benchmarks.credentials --media $(MEDIA)
	$(BIN)/python -m benchmarks.onscreen --media $(MEDIA)
	$(BIN)/python -m benchmarks.explicit --media $(MEDIA)
	$(BIN)/python -m benchmarks.abuse --media $(MEDIA)
	$(BIN)/python -m benchmarks.throughput --media $(MEDIA)/real_video
	$(BIN)/python -m benchmarks.gpu --media $(MEDIA)/real_video || test $$? -eq 2

docs: .venv/ready
	$(BIN)/python -m tests.api

goldens: docs
	$(BIN)/python -m pytest --renew-goldens

# The environment is made once; a changed list of packages makes it complete again.
.venv/ready: pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[$(EXTRAS)]'
	touch .venv/ready

lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	.venv-lock/bin/uv pip compile --universal --no-header --no-annotate --quiet --upgrade \
	  --python-version 3.10 --extra cpu --extra ocr --extra stix --extra misp --extra train --extra dev pyproject.toml -o .venv-lock/lock
	(head -2 requirements.lock; grep -vE '^(nvidia-|cuda-|triton)' .venv-lock/lock) > .venv-lock/new
	mv .venv-lock/new requirements.lock && rm -r .venv-lock

clean:
	rm -rf .venv demo-out .mypy_cache .ruff_cache .pytest_cache
