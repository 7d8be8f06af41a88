#!/usr/bin/env bash
# Ends the cluster: a checkpoint first, then everything on the hosts. The run's record and the logs stay here.
set -euo pipefail
# shellcheck source=deploy/ssh/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
down_main "$@"
