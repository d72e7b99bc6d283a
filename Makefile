# Two commands for a newcomer: make demo, make test. Everything is set up on the way.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install demo test lab bench wheel studio lock clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/make \1	\2/p' Makefile | expand -t 16

install: ## .venv with the safelight command and the Studio, ready for a desktop
	@scripts/setup runtime
	@.venv/bin/python scripts/studio.py

demo: ## clean, enlarge, fit and cut out the example pictures, and prove that nothing left
	@scripts/setup runtime
	@scripts/demo

test: ## formatter, linter, types, tests and docs; the same as CI
	@scripts/system-packages tests
	@scripts/setup dev
	@scripts/check

lab: ## list the built-in models that lab/make NAME draws, trains and exports, with their times
	@lab/make

bench: ## measure quality and speed, side by side with what others use
	@scripts/setup dev
	@scripts/bench

wheel: ## build the wheel twice and compare the bytes
	@scripts/setup dev
	@.venv/bin/python scripts/wheel.py

studio: ## build the pages that the server hands to browsers
	@scripts/studio.py

lock: ## write the locks anew from pyproject.toml
	@scripts/lock.py

clean: ## remove everything that can be made again
	rm -rf .venv build dist src/safelight/studio/built web/node_modules demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find src tests scripts bench lab -name __pycache__ -type d -prune -exec rm -rf {} +
