# `make run` starts a complete desk and `make test` runs every test; neither needs a setting. The rest is docs/deploy.md.

export PORT ?= 8000

.PHONY: run test check clean

run:
	@bin/setup runtime
	@DEMO=$${DEMO-1} exec .venv/bin/python manage.py run

test:
	@bin/setup dev
	@bin/test $(ARGS)

check:
	@bin/setup dev
	@bin/check

clean:
	@rm -rf .venv var
