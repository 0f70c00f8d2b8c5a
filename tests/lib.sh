# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by tests/*.sh: one line a check, counted; details only of what fails.
passed=0 failed=0 skipped=0
work=$(mktemp -d "${TMPDIR:-/tmp}/bench_check.XXXXXX")
trap 'rm -rf "$work"' EXIT

ok() { passed=$((passed + 1)); echo "ok   $1"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
not_ok() { # NAME [FILE with details]
	failed=$((failed + 1))
	echo "FAIL $1"
	[ $# -lt 2 ] || sed 's/^/     /' "$2" | cut -c1-160 | tail -n 20
}

# check NAME COMMAND...: passes when the command does
check() {
	local name=$1
	shift
	if "$@" >"$work/check.log" 2>&1; then ok "$name"; else not_ok "$name" "$work/check.log"; fi
}

# refuses NAME STATUS TEXT COMMAND...: exits with STATUS and says TEXT in one line on stderr
refuses() {
	local name=$1 want=$2 text=$3 status=0
	shift 3
	"$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	{
		echo "exit status $status, not $want, or not one line with \"$text\":"
		cat "$work/err"
	} >"$work/check.log"
	if [ "$status" = "$want" ] && [ "$(wc -l <"$work/err")" = 1 ] &&
		grep -qF -- "$text" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "$work/check.log"
	fi
}

# intact FILE: a document that was cut short, but between two lines
intact() {
	./bench_progs show "$1" >"$work/show" 2>&1 && grep -q "cut short" "$work/show" &&
		[ -z "$(tail -c 1 "$1")" ]
}

# ended PID STATUS CHILD...: PID ends with STATUS, and nothing of it is left
ended() {
	local pid=$1 want=$2 status=0 child
	shift 2
	wait "$pid" || status=$?
	[ "$status" = "$want" ] || { echo "exit status $status, not $want"; return 1; }
	[ $# -gt 0 ] || { echo "there was no child to be left behind"; return 1; }
	for child in "$@"; do
		# Orphans that were killed are there until init reaps them.
		timeout 5 tail -f --pid="$child" -s 0.1 /dev/null
		! kill -0 "$child" 2>/dev/null || { echo "$child is still there"; return 1; }
	done
}

summary() {
	echo "$passed $failed $skipped" >>"${COUNTS:-/dev/null}"
}
