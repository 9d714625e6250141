# SPDX-License-Identifier: Apache-2.0
# A thin front: CMake builds (CMakePresets.json), the scripts do the rest. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help setup build test demo demo-aws demo-ble demo-factory demo-http-xip bench powercut powercut-board fuzz valgrind fault-injection lint format coverage clean

help: ## List these targets
	@echo "Otter: firmware updates for microcontrollers. Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing: packages (as root), sources, Python environment
	@scripts/setup

build: setup ## Build the host tools and the firmware of the emulated device
	@scripts/build

test: ## Build everything and run every test; ends in "N passed, N failed"
	@scripts/test $(if $(ONLY),--only '$(ONLY)')

demo-aws: build ## Show jobs of AWS IoT: stream, trial, a stranger's file, a revert; on a local stand-in
	@build/venv/bin/python scripts/demo-aws

demo-factory: build ## Show the golden image: button, update, rollback, power cut
	@build/venv/bin/python scripts/demo-factory

demo-http-xip: build ## Show two images, one executed in place, updated over HTTPS from nginx
	@build/venv/bin/python scripts/demo-http-xip

demo-ble: build ## Show an update over Bluetooth LE: pushed, cut, gone on with, tried, and strangers refused
	@build/venv/bin/python scripts/demo-ble

demo: build ## Show signed updates and a revert on the emulated device, live
	@build/venv/bin/python scripts/demo

bench: build ## Measure sizes, throughput, boot time; writes build/bench.json
	@build/venv/bin/python scripts/bench
	@build/venv/bin/python scripts/bench-strategies

powercut: build ## Cut the power at every operation of every story, and again in each recovery (an hour or two; goes on where it was stopped)
	@cmake --build --preset host --target powercut_complete

powercut-board: build ## Kill the emulated device 200 times in the middle of swaps and reverts
	@OTTER_KILLS=200 build/venv/bin/pytest -q -n 2 -rP tests/e2e/test_power_cut.py

fuzz: setup ## Fuzz every parser of outside bytes, each for OTTER_FUZZ_SECONDS (600)
	@scripts/fuzz

valgrind: setup ## Run the tests of the image parser under valgrind
	@scripts/valgrind

fault-injection: build ## Skip each instruction of the look at a bad image, in every bootloader (an hour)
	@build/venv/bin/python scripts/fault-injection

lint: setup ## Check format, includes, headers, licenses; run clang-tidy and cppcheck
	@scripts/lint

format: ## Lay out all C code as .clang-format says
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

coverage: setup ## Run the unit tests instrumented; report in build/coverage/report
	@scripts/coverage

clean: ## Remove what was built; keeps fetched sources and the Python environment
	@rm -rf build/host build/mps2 build/coverage build/fuzz build/test-results build/bin
