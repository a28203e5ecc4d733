# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# All paths are relative, because make splits absolute ones at spaces; the work is in tests/setup/setup.sh.

# May name the Python to use.
export PYTHON
SECONDS = 3600
BENCH_WORDS = $(foreach name,WORK RUNNERS ROUNDS TARGET JSON,$(if $($(name)),--$(call lower,$(name)) "$($(name))"))
lower = $(shell echo $(1) | tr A-Z a-z)
# Tests that wait for rsync most of the time, which sleeps before it ends.
WAITING = tests/docs tests/unit tests/fidelity tests/faults
# What tests/tools.sh ends with where it could not fetch what it needs: no finding.
NOT_AT_HAND = 75

# What a person sees is the same everywhere, whatever the user's own configuration says.
demo build: export LC_ALL := C.UTF-8
demo build: export ANSIBLE_CONFIG := tests/setup/ansible.cfg
demo build: export ANSIBLE_COLLECTIONS_PATH := .cache/collections

.PHONY: help demo test test-all fidelity-long lint sanity changelog docs picture bench bench-growth bench-scale bench-peers bench-wan bench-python bench-limit build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Variables:'
	@echo '  PYTHON=python3.13                           Python 3.11 or newer, the newest at hand if not given'
	@echo '  PYTEST_ARGS="tests/faults -k stop"          what make test passes to pytest'
	@echo '  ROWS="2.17 python3.9"                       rows of make test-all, all if not given'
	@echo '  SECONDS=28800                               how long make fidelity-long looks for differences'
	@echo '  WORK=e1,f3                                  rows of make bench, all if not given: docs/performance.md'
	@echo '  RUNNERS=mprsync,module                      what it compares with plain rsync, all if not given'
	@echo '  ROUNDS=5                                    how often, 3 or more'
	@echo '  TARGET=me@host.example.com:/scratch         a host of your own as the far end'
	@echo '  JSON=bench.json                             where to write all numbers'
	@echo '  BENCH_ARGS="--scale 0.1"                    what else make bench passes on, --help explains'

demo: ## set all up, copy a sample tree locally and over ssh, prove that nothing differs
	@sh tests/setup/setup.sh demo
	@.venv/bin/ansible-playbook vgreb.jsync.demo

test: ## set all up, check, run the tests
	@sh tests/setup/setup.sh test
	@$(MAKE) --no-print-directory lint
ifdef PYTEST_ARGS
	.venv/bin/python -m pytest -n auto --dist loadgroup $(PYTEST_ARGS)
else
	@sh tests/tools.sh sanity || [ $$? = $(NOT_AT_HAND) ]
	@sh tests/tools.sh package
	.venv/bin/python -m pytest -n $$(($$(nproc) * 2)) $(WAITING)
	.venv/bin/python -m pytest -n $$(($$(nproc) + 1)) --dist loadgroup tests/integration
endif

test-all: ## test with each ansible-core and each Python that is at hand: takes hours
	@sh tests/setup/setup.sh matrix
	.venv/bin/python -m tests.matrix $(ROWS)

fidelity-long: ## hold the module against rsync on other trees each time, for SECONDS
	@sh tests/setup/setup.sh test
	JSYNC_FIDELITY_SECONDS=$(SECONDS) .venv/bin/python -m pytest --timeout 0 -s tests/fidelity/test_generated.py -k long

lint: ## check style, types, documentation, changelog and licenses
	@sh tests/setup/setup.sh lint
	@sh tests/tools.sh lint

sanity: ## check what Ansible and Galaxy ask of a collection
	@sh tests/setup/setup.sh sanity
	@sh tests/tools.sh sanity
	@sh tests/tools.sh units
	@sh tests/tools.sh integration
	@sh tests/tools.sh package

changelog: ## make the release entry of the version in galaxy.yml of changelogs/fragments
	@sh tests/setup/setup.sh lint
	@sh tests/tools.sh changelog

docs: ## write docs/rsync-options.md from the table in the code
	@sh tests/setup/setup.sh demo
	PYTHONPATH=.:.cache/collections .venv/bin/python -m tests.docs.option_table

picture: ## draw docs/progress.svg from a run in a terminal emulator
	@sh tests/setup/setup.sh test
	PYTHONPATH=.:.cache/collections .venv/bin/python -m tests.docs.progress_picture

bench: ## compare the speed with that of plain rsync and other tools
	@sh tests/setup/setup.sh demo
	@.venv/bin/python tests/bench/run.py $(BENCH_WORDS) $(BENCH_ARGS)

bench-scale: ## measure memory and lists with up to ten million files, which a stand-in for rsync makes up
	@sh tests/setup/setup.sh demo
	@.venv/bin/python tests/bench/scale.py $(BENCH_ARGS)

bench-growth: ## measure how the cost of each stage grows with the number of files, up to a million
	@sh tests/setup/setup.sh demo
	@.venv/bin/python tests/bench/growth.py $(BENCH_ARGS)

bench-peers: ## install mprsync for the bench, apart from all else
	@sh tests/setup/setup.sh demo
	.venv/bin/python -m venv .venv-peers
	.venv-peers/bin/pip install --disable-pip-version-check mprsync==0.9.3

bench-wan: ## measure the slow network that the bench uses, and what it could carry at most
	@sh tests/setup/setup.sh demo
	.venv/bin/python -m tests.bench.wan

bench-python: ## measure what the module's own Python costs for each file
	@sh tests/setup/setup.sh demo
	@.venv/bin/python -m tests.bench.python

bench-limit: ## measure how bwlimit is held, second by second
	@sh tests/setup/setup.sh demo
	PYTHONPATH=.:.cache/collections .venv/bin/python -m tests.bench.limit

build: ## write the collection's tarball to .cache
	@sh tests/setup/setup.sh demo
	@rm -f .cache/vgreb-jsync-*.tar.gz
	@.venv/bin/ansible-galaxy collection build --output-path .cache

clean: ## remove the environments and all that was built
	rm -rf .venv* .cache
