#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The fake executor's documents and every output made from them, byte for byte.
# check_golden.sh --update writes the files anew: read the diff before committing it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh

# NAME STATUS ARGUMENTS...: stdout against tests/golden/NAME, and the exit status
golden() {
	local name=$1 want=$2 status=0
	shift 2
	./bench_progs "$@" >"$work/$name" 2>"$work/err" || status=$?
	if [ "$update" ]; then
		cp "$work/$name" "tests/golden/$name"
		return
	fi
	{
		echo "exit status $status, not $want, or:"
		cat "$work/err"
		diff -u "tests/golden/$name" "$work/$name"
	} >"$work/check.log"
	if [ "$status" = "$want" ] && cmp -s "tests/golden/$name" "$work/$name"; then
		ok "golden/$name"
	else
		not_ok "golden/$name" "$work/check.log"
	fi
}

update=
[ "${1:-}" != --update ] || update=1
few=hook_run/xdp,hook_run/sched_cls,hook_run/socket_filter,hook_run/raw_tp
fake=(run --exec fake --seed 1 --loads 4 --rounds 5 -a "selfcheck,$few")
broken='fake:skip@hook_run/xdp,fail@hook_run/sched_cls,crash@hook_run/socket_filter,hang@hook_run/raw_tp'

golden run_ns.jsonl 0 "${fake[@]}" --clock ns -o jsonl
golden run_insn.jsonl 0 "${fake[@]}" --clock insn -o jsonl
golden run_ns.table 0 "${fake[@]}" --clock ns -o table
golden run_insn.table 0 "${fake[@]}" --clock insn -o table
golden run_insn.ktap 0 "${fake[@]}" --clock insn -o ktap
golden run_broken.ktap 1 run --exec "$broken" --timeout 1 --clock insn -a "$few" -o ktap
golden run_broken.table 1 run --exec "$broken" --timeout 1 --clock insn -a "$few" -o table
golden show.ktap 0 show tests/golden/run_insn.jsonl -o ktap
golden compare_same.table 0 compare tests/golden/run_insn.jsonl tests/golden/run_insn.jsonl
./bench_progs "${fake[@]}" --clock insn --exec 'fake:x1.05@hook_run/xdp' -o "jsonl:$work/slow.jsonl"
golden compare_slower.table 1 compare --gate tests/golden/run_insn.jsonl "$work/slow.jsonl"
golden compare_slower.md 0 compare tests/golden/run_insn.jsonl "$work/slow.jsonl" -o md
golden compare_filtered.table 0 compare tests/golden/run_insn.jsonl "$work/slow.jsonl" -f 'net>20,!*alu*' -s 'verdict,b'
golden run_ns.md 0 "${fake[@]}" --clock ns -o md
golden show_filtered.ktap 0 show tests/golden/run_insn.jsonl -f 'hook_run,net>20' -s net:asc -o ktap
mkdir "$work/a" "$work/b"
for i in 1 2 3 4 5 6; do
	./bench_progs "${fake[@]}" --clock ns --seed $i -o "jsonl:$work/a/$i.jsonl"
	./bench_progs "${fake[@]}" --clock ns --seed 1$i --exec 'fake:x1.2@hook_run/xdp' -o "jsonl:$work/b/$i.jsonl"
done
golden compare_boots.table 1 compare --gate "$work/a" "$work/b"
golden compare_boots.md 0 compare "$work/a" "$work/b" -o md -v
golden compare_boots.jsonl 0 compare "$work/a" "$work/b" -o jsonl -f verdict=slower

# Assembled by hand: each way in which a program, its baseline or what it calls can have changed.
golden compare_code.table 0 compare tests/golden/code_a.jsonl tests/golden/code_b.jsonl
golden disasm_x86 0 disasm tests/golden/code_b.jsonl code/lookup
golden disasm_functions 0 disasm tests/golden/code_b.jsonl code/loop
golden disasm_arm64 0 disasm tests/golden/code_arm64.jsonl code/lookup
golden disasm_hidden 0 disasm tests/golden/code_b.jsonl code/hidden

# The whole default run, with every sample, is the same bytes each time.
for i in 1 2; do
	./bench_progs run --exec fake --seed 1 -o jsonl:- >"$work/full.$i"
done
check "fake run is byte-identical" cmp "$work/full.1" "$work/full.2"
./bench_progs run --exec fake --seed 2 -o jsonl:- >"$work/full.3"
check "another seed is another run" eval '! cmp -s "$work/full.1" "$work/full.3"'
# show writes the document it read.
./bench_progs show "$work/full.1" -o jsonl:- >"$work/full.4"
check "show gives the document back" cmp "$work/full.1" "$work/full.4"
./bench_progs show tests/golden/code_a.jsonl -o jsonl:- >"$work/code"
check "show gives the code back" diff <(grep -o '"code":.*' tests/golden/code_a.jsonl) <(grep -o '"code":.*' "$work/code")
summary
