#!/usr/bin/env bash
# What the cluster does: the run, each worker, and which host has which slots.
set -euo pipefail
# shellcheck source=deploy/ssh/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
status_main "$@"
[[ " $* " == *" --json "* ]] || describe
