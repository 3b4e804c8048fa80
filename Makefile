# Two commands are all a newcomer needs: make demo, make test. Both make the virtual environment first.
PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin

.PHONY: demo test check setup clean

demo: setup
	@LRS_BRIDGE_PUBLIC_URL=http://127.0.0.1:$(PORT) $(BIN)/lrs-bridge demo load
	@LRS_BRIDGE_PUBLIC_URL=http://127.0.0.1:$(PORT) exec $(BIN)/lrs-bridge serve --port $(PORT)

test: setup
	@BIN=$(BIN) scripts/test.sh

check: setup
	@BIN=$(BIN) scripts/check.sh

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt $(wildcard lrs_bridge/web/translations/*/LC_MESSAGES/messages.po)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@$(BIN)/pybabel --quiet compile --directory lrs_bridge/web/translations
	@touch $@

clean:
	rm -rf .venv .cache build *.egg-info
