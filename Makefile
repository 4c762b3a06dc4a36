# What can be done here. `make` alone says so.
.PHONY: help run build test proof bench lint generate

help:
	@echo 'make run       a paper on this machine: demo stories, Stripe stand-in, mailbox'
	@echo 'make test      set up, check and test everything, every drill at a small size (up to 10 minutes)'
	@echo 'make proof     the drills and scales in full (up to 20 minutes)'
	@echo 'make bench     how fast the paper answers, against a bare net/http server (BASE=REV: and an earlier revision)'
	@echo 'make lint      form, go vet, fresh templates, the plan of the rooms'
	@echo 'make generate  templates into Go'
	@echo 'make build     bin/broadsheet'

# The program is built first, so that it and not `go run` gets the signals. A new
# paper begins with a year behind it; one that is there is left alone.
run: build
	@[ "$$DEMO" = 0 ] || APP_ENV=$${APP_ENV:-development} bin/broadsheet demo year || true
	@APP_ENV=$${APP_ENV:-development} DEMO=$${DEMO:-1} exec bin/broadsheet serve

build:
	@go build -trimpath -o bin/broadsheet ./cmd/broadsheet

test:
	@tools/test.sh

proof:
	@tools/proof.sh

bench: build
	@go run ./bench $(if $(BASE),-base $(BASE) -rounds 2)

lint:
	@tools/lint.sh

generate:
	@go generate ./...
