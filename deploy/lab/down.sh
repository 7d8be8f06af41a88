#!/usr/bin/env bash
# Ends the lab: a checkpoint first, then the workers, then the network. The run's record and the logs stay. Needs root.
set -euo pipefail
# shellcheck source=deploy/lab/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need_root
down_main "$@"
