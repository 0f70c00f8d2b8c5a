#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh OBJECTS: runs every test of the suite; the last line is "N passed, N failed, N skipped".
# Each part appends "passed failed skipped" to $COUNTS.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
objects=$1
COUNTS=$(mktemp "${TMPDIR:-/tmp}/bench_counts.XXXXXX")
export COUNTS
trap 'rm -f "$COUNTS"' EXIT

echo "# unit"
tests/check_unit.sh "$objects"
for part in generator golden cli verbs kernels refused native vm arm64 fatal; do
	echo "# $part"
	if ! "tests/check_$part.sh"; then
		echo "FAIL tests/check_$part.sh itself"
		echo "0 1 0" >>"$COUNTS"
	fi
done
awk '{ p += $1; f += $2; s += $3 }
     END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$COUNTS"
