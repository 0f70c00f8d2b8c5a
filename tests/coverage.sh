#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# coverage.sh OBJECTS: lines and branches of runner/core that the unit tests reached.
set -euo pipefail
cd "$(dirname "$0")/.."
objects=$1
printf '%-28s %18s %18s\n' file lines 'branches taken'
for src in runner/core/*.c; do
	gcov -b -n -o "$objects/runner/core" "$src" 2>/dev/null | awk -v src="$src" '
		/^File / { mine = index($0, src) }
		mine && /^Lines executed/ { split($0, a, /[:% ]+/); lp = a[3]; ln = a[5] }
		mine && /^Taken at least once/ { split($0, a, /[:% ]+/); bp = a[5]; bn = a[7] }
		END { printf "%s %s %s %s %s\n", src, lp, ln, bp, bn }'
done | awk '{ printf "%-28s %7.2f %% of %5d %7.2f %% of %5d\n", $1, $2, $3, $4, $5
	      l += $2 * $3; ln += $3; b += $4 * $5; bn += $5 }
	END { printf "%-28s %7.2f %% of %5d %7.2f %% of %5d\n", "runner/core", l / ln, ln, b / bn, bn }'
