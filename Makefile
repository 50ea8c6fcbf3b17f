# make demo    set up and screen the shipped samples
# make test    set up and run the tests, modules side by side (TESTERS of them at most)
# make wheels  resolve the base and every extra without a compiler, for each supported Python
# make check   formatting, lint, types, tests
# make fuzz    feed it damaged media, sidecars, person files and results for FUZZ_SECONDS
# make bench   all benchmarks, cheap ones first, for hours (needs labelled media: MEDIA=folder;
#              what they build is kept in WORK; DECODERS=folder adds test files of decoders,
#              TEXTS=folder texts of unrelated people)
# make docs    write docs/api.md from the code
# make languages add new sentences to the catalogues, and drop old ones
# make goldens write what the tests compare with, and docs/api.md
# make lock    renew requirements.lock

PYTHON ?= python3
PYTEST ?=
TESTERS ?= 4
MEDIA ?= ../shared/media
WORK ?= bench-work
DECODERS ?=
TEXTS ?=
BIN := .venv/bin
FUZZ_SECONDS ?= 600
EXTRAS ?= cpu,ocr,serve,stix,misp,train,dev

# Cheap ones first; `make bench-NAME` runs one, `make -k bench` goes on after one that fails.
BENCHES := accuracy credentials explicit face_consistency onscreen catalogue voice.levels \
  proxies original browsing throughput repeats second_day workload daily_cost abuse impersonation \
  campaign local_changes provenance person lip_sync voice voice.spans faces cluster gpu

.PHONY: demo test check lint types wheels format fuzz bench docs languages goldens lock clean
.PHONY: bench-decoders bench-coordination $(BENCHES:%=bench-%)

demo: .venv/ready
	$(BIN)/media-screen scan samples/downloads --people samples/people --out demo-out || test $$? -eq 1

test: .venv/ready
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses $(TESTERS) --dist loadfile $(PYTEST)

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

bench: $(BENCHES:%=bench-%) $(if $(DECODERS),bench-decoders) $(if $(TEXTS),bench-coordination)

ARGUMENTS = --media $(MEDIA)
bench-accuracy bench-browsing bench-cluster bench-daily_cost: ARGUMENTS =
bench-decoders: ARGUMENTS = --media $(DECODERS)
bench-coordination: ARGUMENTS = --texts $(TEXTS)
bench-proxies: ARGUMENTS = --media $(MEDIA)/real_video
bench-throughput: ARGUMENTS = --media $(MEDIA)/real_video --videos $(WORK)/videos
bench-repeats: ARGUMENTS = --media $(MEDIA)/real_video --videos $(WORK)/videos
bench-workload: ARGUMENTS = --media $(MEDIA)/real_video --work $(WORK)/workload
bench-gpu: ARGUMENTS = --media $(MEDIA)/real_video --videos $(WORK)/videos || test $$? -eq 2
bench-original: ARGUMENTS += --work $(WORK)/original
bench-impersonation: ARGUMENTS += --work $(WORK)/impersonation
bench-campaign: ARGUMENTS += --work $(WORK)/campaign
bench-person: ARGUMENTS += --work $(WORK)/person
bench-voice.spans: ARGUMENTS += --work $(WORK)/spans
bench-local_changes bench-provenance: ARGUMENTS += --work $(WORK)/provenance
bench-lip_sync: ARGUMENTS += --work $(WORK)/lip_sync
bench-voice: ARGUMENTS += --work $(WORK)/voice
bench-faces: ARGUMENTS += --weights $(WORK)/weights

# What a benchmark needs first; trainings go on where they stopped, and nothing here is shipped.
bench-lip_sync: .venv/ready
	for step in prepare "train 0 1 2" score voices; do \
	  $(BIN)/python -m training.lip_sync --media $(MEDIA) --work $(WORK)/lip_sync $$step || exit 1; done
	$(BIN)/python -m benchmarks.lip_sync $(ARGUMENTS)

bench-voice: .venv/ready
	for step in synthesise prepare; do \
	  $(BIN)/python -m training.voice_spoof $$step --media $(MEDIA) \
	    $(if $(SPEECH),--speech $(SPEECH)) --work $(WORK)/voice || exit 1; done
	$(BIN)/python -m benchmarks.voice $(ARGUMENTS)

bench-faces: .venv/ready
	$(BIN)/python -m training.convert faces --all --out $(WORK)/weights
	$(BIN)/python -m benchmarks.faces $(ARGUMENTS)

PREPARED := bench-lip_sync bench-voice bench-faces
$(filter-out $(PREPARED),$(BENCHES:%=bench-%)) bench-decoders bench-coordination: bench-%: .venv/ready
	mkdir -p $(WORK)
	$(BIN)/python -m benchmarks.$* $(ARGUMENTS)

docs: .venv/ready
	$(BIN)/python -m tests.api

languages: .venv/ready
	$(BIN)/python -m tests.sentences

goldens: docs
	$(BIN)/python -m pytest --renew-goldens

# The environment is made once; a changed list of packages, or extras that it lacks, make it complete
# again: it names those that it has.
comma := ,
WANTED := $(subst $(comma), ,$(EXTRAS))
HELD := $(shell cat .venv/ready 2>/dev/null)
ifneq ($(filter-out $(HELD),$(WANTED)),)
.PHONY: .venv/ready
endif
.venv/ready: pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[$(EXTRAS)]'
	echo $(sort $(HELD) $(WANTED)) > .venv/ready

lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	.venv-lock/bin/uv pip compile --universal --no-header --no-annotate --quiet --upgrade \
	  --python-version 3.10 --extra cpu --extra ocr --extra serve --extra stix --extra misp --extra train --extra dev pyproject.toml -o .venv-lock/lock
	(head -2 requirements.lock; grep -vE '^(nvidia-|cuda-|triton)' .venv-lock/lock) > .venv-lock/new
	mv .venv-lock/new requirements.lock && rm -r .venv-lock

clean:
	rm -rf .venv demo-out .mypy_cache .ruff_cache .pytest_cache
