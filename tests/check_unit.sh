#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# check_unit.sh OBJECTS: every unit test binary; appends its counts to $COUNTS.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
objects=$1
log=$(mktemp "${TMPDIR:-/tmp}/bench_unit.XXXXXX")
trap 'rm -f "$log"' EXIT
nr=0 result=1	# until a binary has run

for src in tests/test_*.c; do
	name=${src##*/}
	bin=$objects/tests/${name%.c}
	status=0
	[ $nr -gt 0 ] || result=0
	nr=$((nr + 1))
	"$bin" >"$log" 2>&1 || status=$?
	# A crash of the binary itself is a failure too, whatever it printed before.
	awk -v name="${bin##*/}" -v status="$status" '
		/^ok .*# SKIP/ { s++; next } /^ok / { p++ } /^not ok / { f++ }
		END { if (status && !f) f = 1; if (!p && !f && !s) f = 1
		      printf "%-4s %s: %d passed, %d failed, %d skipped\n",
			f ? "FAIL" : "ok", name, p, f, s > "/dev/stderr"
		      print p + 0, f + 0, s + 0 }' "$log" >>"${COUNTS:-/dev/null}"
	if [ "$status" != 0 ]; then
		result=1
		grep -vE '^ok ' "$log" | head -n 40
	fi
done
exit $result
