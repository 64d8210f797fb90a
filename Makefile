# Two commands do everything: `make run` shows the whole story on this machine, `make test` proves it.
PYTHON ?= python3
PORT ?= 8000
V := .venv/bin
export PORT

.PHONY: run test test-slow check bench lock messages clean

run:
	@$(PYTHON) core/bootstrap.py
	@DEMO=1 exec $(V)/python manage.py run_demo

# The default suite; the tests that take many seconds each are `make test-slow`, and .ci/run runs both.
test: check
	@$(V)/pytest -n 2 --dist loadgroup -m "not slow"

test-slow:
	@$(PYTHON) core/bootstrap.py --dev
	@$(V)/pytest -n 2 --dist loadgroup -m slow

check:
	@$(PYTHON) core/bootstrap.py --dev
	@$(V)/ruff check .
	@$(V)/ruff format --check .
	@$(V)/mypy
	@$(V)/lint-imports --no-cache
	@$(V)/djlint --lint --quiet accounts admin_theme core public_site requests_app
	@DEMO=1 $(V)/python manage.py makemigrations --check --dry-run
	@SECRET_KEY=$$($(V)/python -c "import secrets; print(secrets.token_urlsafe(60))") ALLOWED_HOSTS=layanan.example SITE_URL=https://layanan.example \
	  EMAIL_URL=smtp+ssl://user:password@mail.example:465 VAR_DIR=var/check PDF_SIGNING=none $(V)/python manage.py check --deploy --fail-level WARNING

# Ratios of our code against peers and floors, at small sizes; writes docs/benchmarks.md.
bench:
	@$(PYTHON) core/bootstrap.py --dev
	@$(V)/python -m benchmarks

lock:
	@$(V)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header -o requirements.lock pyproject.toml
	@$(V)/pip-compile -q --extra dev --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header -c requirements.lock -o requirements-dev.lock pyproject.toml

messages:
	@DEMO=1 $(V)/python manage.py makemessages -l en --no-wrap --no-location --no-obsolete -i .venv -i var -i tests
	@DEMO=1 $(V)/python manage.py compilemessages -i .venv

clean:
	@rm -rf var .venv
