#!/usr/bin/env bash
# What the cluster in the lab does: the run, and each worker. Needs root.
set -euo pipefail
# shellcheck source=deploy/lab/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need_root
status_main "$@"
