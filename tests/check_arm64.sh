#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests of another architecture: the runner is built for arm64 and counts there. KERNEL overrides
# which. Where this machine is one of arm64 itself, check_vm.sh has done it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
kernel=${KERNEL:-debian:6.12}

if [ "$(uname -m)" != x86_64 ]; then
	skip "guests of arm64" "tried on x86-64 only"
	summary
	exit
fi
check "arm64: the runner is built" make -s ARCH=arm64
check "arm64: and does not tell where" eval 'grep -qF "$PWD/" bench_progs.arm64; [ $? = 1 ]'
for i in 1 2; do
	./bench_vm --arch arm64 -k "$kernel" -- run -q -t selfcheck,hook_run/xdp \
		-o "jsonl:$work/doc.$i" -o "table:$work/table.$i" >"$work/log.$i" 2>&1 &
	guests[i]=$!
done
for i in 1 2; do
	status=0
	wait "${guests[i]}" || status=$?
	check "arm64, boot $i: nothing fails" eval 'cat "$work/log.$i"; [ $status = 0 ]'
done
check "arm64: two boots agree to the byte" cmp "$work/doc.1" "$work/doc.2"
# A count can hang on where a load's maps lie: one load would call it exact.
check "arm64: two loads in a quick run" eval \
	'grep -q "\"net\":{[^}]*\"n\":2," "$work/doc.1" && ! grep "\"net\":{[^}]*\"n\":1," "$work/doc.1"'
# Single instructions: a clock that steps by more would give other nets than these.
for n in 64 256 1024; do
	check "arm64: $n additions are $n instructions" \
		grep -qE "^  alu:n=$n  +$n insn/op exact .* ok$" "$work/table.1"
done
# Without it the runner would be asked for benches by the numbers of another one.
./bench_progs list >"$work/list"
mkdir "$work/odd"
ln bench_vm "$work/odd/" 2>/dev/null || cp bench_vm "$work/odd/"
cp bench_progs.arm64 "$work/odd/"
printf '#!/bin/sh\nsed s,selfcheck/loop,selfcheck/pool, %q\n' "$work/list" >"$work/odd/bench_progs"
chmod +x "$work/odd/bench_progs"
"$work/odd/bench_vm" -q --arch arm64 -k "$kernel" -- run -q -n 3 --exec fake -o "jsonl:$work/odd/doc" \
	2>"$work/err"
check "arm64: a runner of another build is refused" eval \
	'cat "$work/err"; grep -q "other benches" "$work/err" && ! [ -s "$work/odd/doc" ]'
summary
