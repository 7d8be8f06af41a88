#!/usr/bin/env bash
# What the cluster does: the run, and each worker.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
status_main "$@"
[[ " $* " == *" --json "* ]] || describe
