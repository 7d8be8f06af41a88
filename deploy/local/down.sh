#!/usr/bin/env bash
# Ends the cluster: a checkpoint first, then the workers. The run's record and the logs stay.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
down_main "$@"
