#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# No figure without its effect: measurements that are broken on purpose (tests/broken), in a runner
# of their own. Each must fail, or be skipped, with its reason and without a metric.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh

if ! ./bench_progs doctor >"$work/doctor" 2>&1 || grep -qE '^clock +none' "$work/doctor"; then
	skip "refused" "$(grep -E '^(privilege|clock)' "$work/doctor" | tr -s ' ' | paste -sd ';')"
	summary
	exit 0
fi

tree=$work/tree
mkdir -p "$tree/progs" "$tree/prog_tests" "$tree/skel"
cp -r Makefile .ci vmlinux runner "$tree/"
cp progs/*.h progs/selfcheck.bpf.c tests/broken/*.bpf.c "$tree/progs/"
cp prog_tests/bench_family.h prog_tests/selfcheck.c tests/broken/{broken,unlike}.c "$tree/prog_tests/"
check "a runner of broken measurements" make -s -C "$tree" -j"$(nproc)" bench_progs
bp=$tree/bench_progs

"$bp" run -q -a broken -o "jsonl:$work/doc" -o "table:$work/table" 2>"$work/err"

# refused ID STATUS REASON
refused() {
	grep -F "\"id\":\"$1\"" "$work/doc" >"$work/row"
	{
		echo "not \"$2\" for \"$3\", or with a figure:"
		cut -c1-300 "$work/row"
	} >"$work/check.log"
	if grep -qF "\"status\":\"$2\"" "$work/row" && grep -qF -- "$3" "$work/row" &&
		! grep -qE '"(net|raw|base)":\{"unit"' "$work/row"; then
		ok "refused: $1"
	else
		not_ok "refused: $1" "$work/check.log"
	fi
}

check "what is sound has its figure" eval 'grep -F "\"id\":\"broken/good\"" "$work/doc" | grep -q "\"raw\":{\"unit\""'
refused broken/wrong_sum fail "64 operations returned 2080 in sum, not 2016"
refused broken/random_sum fail "a timed batch summed up to"
refused broken/removed fail "the operation is gone from the translated program"
refused broken/too_few fail "did 64 operations of 128"
refused broken/wrong_retval fail "returned 1, not 0"
refused broken/unattached fail "the hook is taken"
refused broken/no_effect fail "no packet arrived"
refused broken/nothing_done fail "did no operation"
refused broken/crash crash "killed by signal 11"
if grep -qE '^cores usable +1$' "$work/doctor"; then
	skip "refused: workers" "one core"
else
	refused broken/one_after_the_other skip "every batch was disturbed"
	refused broken/idle_worker fail "worker 1 did nothing"
fi

# A counted guest verifies, where that takes counting runs, behind the first load's rounds, and behind
# those of each that counts otherwise.
kernel=${KERNELS:-debian:6.12}
BENCH_PROGS=$bp ./bench_vm -k "${kernel%% *}" --accel insn -- run -q --loads 2 -a unlike -o "jsonl:$work/doc" 2>"$work/err"
check "a load that counts what was verified is not verified again" eval \
	'cat "$work/err"; grep -F "\"id\":\"unlike/like\"" "$work/doc" | grep -q "\"raw\":{\"unit\".*\"quality\":\"exact\""'
refused unlike/unlike fail "no effect in the last load"
refused unlike/lost fail "no effect any more"
# A quick run ends with two loads that agree, the one in front being one of them.
BENCH_PROGS=$bp ./bench_vm -k "${kernel%% *}" --accel insn -- run -q -a unlike -o "jsonl:$work/doc" 2>"$work/err"
raw_of_loads() { grep -F "\"id\":\"unlike/$1\"" "$work/doc" | grep -q "\"raw\":{\"unit\"[^}]*\"n\":$2,[^}]*\"exact\""; }
check "quick: one load if the one in front counted the same" eval 'cat "$work/err"; raw_of_loads like 1'
check "quick: two if it did not" raw_of_loads settles 2

# The kernel's switch cannot be thrown where the JIT is always on: what the runner reads can.
echo 0 >"$work/off"
status=0
unshare -m bash -c "mount --bind '$work/off' /proc/sys/net/core/bpf_jit_enable && exec ./bench_progs run -q \
	-a 'hook_run/sched_cls,map_lookup/hash*' -o 'jsonl:$work/doc'" >"$work/err" 2>&1 || status=$?
check "refused: JIT off" eval \
	'[ $status = 4 ] && grep -q "\"reason\":\"jit: off" "$work/doc" && ! grep -q "\"raw\":{" "$work/doc"'
# One CPU for what needs two.
check "refused: too few CPUs" eval \
	'taskset -c 0 ./bench_progs run -q -a "sharing_line/*:cpus=2" -o "jsonl:$work/doc"; ! grep "sharing_line.*\"raw\":{" "$work/doc" &&
	 grep -q "CPUs on cores of their own, has 1" "$work/doc"'
summary
