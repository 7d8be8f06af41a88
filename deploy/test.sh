#!/usr/bin/env bash
# What a new user would do, and that nothing is left of it: on this machine, and over ssh, both at once. Each part is a file in tests/ and
# runs alone, too. Ends with "N passed, N failed". About a minute. Needs the build; no root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

said=$(mktemp -d /tmp/bp-deploy-XXXXXX)
parts=() # their processes
trap 'kill "${parts[@]}" 2>/dev/null || true; wait; rm -rf "$said"' EXIT

for part in local ssh; do
  "deploy/tests/$part.sh" >"$said/$part" 2>&1 &
  parts+=($!)
done

passed=0 failed=0
if ! command -v shellcheck >/dev/null; then
  echo "SKIPPED: shellcheck is not installed (Debian's package 'shellcheck')"
elif nice -n 19 shellcheck -x deploy/*.sh deploy/*/*.sh; then
  echo "passed: the scripts are clean for shellcheck"
  passed=1
else
  echo "FAILED: the scripts are clean for shellcheck"
  failed=1
fi

for part in local ssh; do
  echo "-- $part"
  wait "${parts[0]}" || true
  parts=("${parts[@]:1}")
  cat "$said/$part"
  if [[ $(tail -n 1 "$said/$part") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  else
    echo "FAILED: $part did not come to its end"
    failed=$((failed + 1))
  fi
done

echo "$passed passed, $failed failed"
((failed == 0))
