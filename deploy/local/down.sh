#!/usr/bin/env bash
# Ends the cluster: a checkpoint first. What was ordered, the runs' records and the logs stay, and up.sh goes on with them.
set -euo pipefail
# shellcheck source=deploy/local/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
down_main "$@"
