#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A real kernel in a counted guest: KERNELS="debian:6.1 /path/to/bzImage" overrides which.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
export bp=./bench_progs vm=./bench_vm
read -r -a kernels <<<"${KERNELS:-debian:6.12 debian:6.1}"

descendants() {
	local child
	for child in $(pgrep -P "$1"); do
		echo "$child"
		descendants "$child"
	done
}

# halts_agree KERNEL: a boot whose halts the host delays and one whose halts it does not
halts_agree() {
	local pid args=(-q -k "$1" --accel insn -- run -q -a hook_net/sk_msg -o)
	${CC:-gcc} -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -o "$work/halt_delay.so" tests/halt_delay.c || return
	rm -f "$work/delays"
	$vm "${args[@]}" "jsonl:$work/prompt" &
	pid=$!
	LD_PRELOAD=$work/halt_delay.so HALT_DELAY_LOG=$work/delays $vm "${args[@]}" "jsonl:$work/delayed"
	wait $pid && cmp "$work/prompt" "$work/delayed" || return
	[ -s "$work/delays" ] || { echo "none was delayed: does this QEMU export all_cpu_threads_idle()?"; return 1; }
}

# A path would be in the BTF of every program, and move what the kernel keeps in memory.
check "what a guest runs does not tell where it was built" eval 'grep -qF "$PWD/" bench_progs; [ $? = 1 ]'

first=1
mkdir "$work/no_base"
for kernel in "${kernels[@]}"; do
	doc=$work/${kernel//\//_}
	# At once: counted guests do not disturb each other. What they need is fetched by the first.
	$vm -q -k "$kernel" --accel insn -- run -q -a 'selfcheck,chain_call/kfunc_module*' -o "table:$work/table" 2>"$work/err" ||
		cat "$work/err"
	for i in 1 2; do
		$vm -k "$kernel" --accel insn -- run -q -o "jsonl:$doc.$i" -o "table:$doc.table.$i" \
			>"$doc.log.$i" 2>&1 &
		guests[i]=$!
	done
	for i in 1 2; do
		status=0
		wait "${guests[i]}" || status=$?
		cp "$doc.log.$i" "$work/log"
		check "$kernel, boot $i: nothing fails" eval 'tail -n 3 "$work/log"; [ $status = 0 ]'
	done
	grep 'fail:' "$doc.table.1"
	# The bytes differ in nothing: not a count, not a sample.
	check "$kernel: two boots agree to the byte" cmp "$doc.1" "$doc.2"
	# 6.1 halts 5000 times in this case, 6.12 only 70 times.
	check "$kernel: held up wherever it halts, a guest agrees to the byte" halts_agree "$kernel"
	# 32 operations of some 6 instructions, and not as many again.
	check "$kernel: the verifier follows a chunk of the loop once" eval \
		'$bp show "$doc.1" -f "family=selfcheck,case=empty,verified_insns<350" | tail -n 1 | grep "^1 passed"'
	check "$kernel: what reports more than its batches has two loads in a quick run" \
		grep -qE '"id":"verifier_load/create_array:.*"net":\{[^}]*"n":2,' "$doc.1"
	# Inexact figures may be unresolved, though equal.
	check "$kernel: compare says that nothing changed" eval \
		'$bp compare "$doc.1" "$doc.2" >"$work/cmp"; ! grep -E " (slower|faster)$" "$work/cmp" &&
		 tail -n 1 "$work/cmp" | grep -qE "^[1-9][0-9]* same"'
	kmod=$($bp list -v | awk '/^ *[0-9]+ / { id = $2 } / needs: kmod$/ { print id }' | paste -sd,)
	[ -z "$kmod" ] || check "$kernel: bench_kmod is built, loaded and used" eval \
		'$vm -k "$kernel" --accel insn -- run -a "$kmod" -o "table:$work/kmod" && ! grep "skip: kmod" "$work/kmod"'
	# Saved and compared on the host, by the release that the guest reports.
	export base=$work/base.${doc##*/}
	check "$kernel: a baseline is saved, and equal to the next boot" eval \
		'$vm -q -k "$kernel" --accel insn -- run -q -t hook_run/xdp --save-baseline "$base" -o "jsonl:$work/saved" &&
		 cmp "$base"/*.jsonl "$work/saved" &&
		 $vm -q -k "$kernel" --accel insn -- run -q -t hook_run/xdp --baseline "$base" --gate -o "table:$work/gate" &&
		 tail -n 1 "$work/gate" | grep -q " 0 slower, 0 faster"'
	[ $first ] || continue
	# -q ends a case with the first load that agrees: further ones must tell the same of a program's
	# loop. What user space repeats (map_comm, map_user) may hang on where its load got memory.
	grep -oE '"id":"(map_(lookup|update|delete|inline|footprint)|selfcheck/empty")[^"]*.*"net":\{[^}]*"n":1,[^}]*"exact"' "$doc.1" |
		cut -d '"' -f 4 >"$work/once"
	once=$(wc -l <"$work/once")
	export once
	check "a program's loop that is loaded once counts the same in three loads" eval \
		'[ $once -gt 50 ] && $vm -q -k "$kernel" --accel insn -- run -q --loads 3 -a "@$work/once" -o "jsonl:$work/thrice" &&
		 [ "$(grep -c "\"net\":{[^}]*\"n\":3," "$work/thrice")" = $once ] && $bp compare "$doc.1" "$work/thrice" >"$work/cmp" &&
		 { grep -E " (slower|faster|unresolved)$" "$work/cmp"; tail -n 1 "$work/cmp" | grep -E "^$once same, 0 slower, 0 faster, 0 unresolved"; }'
	check "slower than the baseline fails the launcher with --gate" eval \
		'sed -E "/hook_run.xdp\"/s|\"net\":\{[^}]*\}|\"net\":{\"unit\":\"insn/op\",\"better\":\"lower\",\"value\":1,\"lo\":1,\"hi\":1,\"level\":1,\"n\":1,\"mad\":0,\"mad_within\":0,\"excluded\":0,\"quality\":\"exact\"}|" "$work/saved" >"$work/fast"
		 status=0; $vm -q -k "$kernel" --accel insn -- run -q -t hook_run/xdp --baseline "$work/fast" --gate -o "md:$work/md" || status=$?
		 [ $status = 1 ] && grep -q "^| hook_run/xdp .* slower |" "$work/md"'
	check "no baseline of the guest's kernel" eval \
		'status=0; $vm -q -k "$kernel" --accel insn -- run -q -t hook_run/xdp --baseline "$work/no_base" -o "table:$work/table" 2>"$work/err" || status=$?
		 cat "$work/err"; [ $status = 2 ] && grep -q "looked for $work/no_base/" "$work/err"'
	first=
	check "uncounted emulation: no time" eval \
		'$vm -k "$kernel" --accel tcg -- run -t hook_run -o "jsonl:$work/tcg" && grep -q "\"clock\":\"none\"" "$work/tcg" && ! grep -q "\"net\"" "$work/tcg"'
	refuses "time under uncounted emulation" 2 "--clock ns" \
		$vm -k "$kernel" --accel tcg -- run --clock ns

	# Many cases are shared by two guests, and nothing shows it but the time.
	$vm -q -k "$kernel" --accel insn -- run -q --exec fake:fail@verifier_load/empty -o "jsonl:$work/two" 2>"$work/err" &
	pid=$! nr_guests=0
	while kill -0 $pid 2>/dev/null; do
		mapfile -t children < <(descendants $pid)
		nr=$(ps -o comm= -p "$(IFS=,; echo "${children[*]:-1}")" | grep -c ^qemu)
		[ "$nr" -le $nr_guests ] || nr_guests=$nr
		sleep 0.2
	done
	status=0
	wait $pid || status=$?
	export status nr_guests
	check "a run of many cases takes two guests" [ $nr_guests = 2 ]
	check "two guests: a failure in the second is the run's" eval \
		'cat "$work/err"; [ $status = 1 ] && grep -q "bench_vm: failed: the runner exited with 1" "$work/err"'
	check "two guests: one document, of all cases in their order" eval \
		'$bp list | sed -n "s/^ *[0-9]* //p" >"$work/ids"; sed -n "s/.*\"type\":\"result\",\"id\":\"\([^\"]*\)\".*/\1/p" "$work/two" | diff "$work/ids" - &&
		 sed -n "1s/.*\"plan\":\[\([^]]*\)\].*/\1/p" "$work/two" | tr -d "\"" | tr , "\n" >"$work/plan"; [ "$(wc -l <"$work/plan")" -ge "$(wc -l <"$work/ids")" ] &&
		 ! head -n 1 "$work/two" | grep -q "\"-n\"" && [ "$(grep -c "\"type\":\"header\"" "$work/two")" = 1 ] &&
		 tail -n 1 "$work/two" | grep -q "\"type\":\"end\".*\"failed\":1,"'
	refuses "the guest as a whole has its time" 124 "timed" \
		$vm -q -k "$kernel" --accel insn --timeout 6 -- run -o "jsonl:$work/late"
	for sig in INT TERM; do
		rm -f "$work/sig"
		env --default-signal=INT $vm -q -k "$kernel" --accel insn -- run \
			-o "jsonl:$work/sig" >/dev/null 2>"$work/err" &
		pid=$!
		# However slow the machine: a header and a result are there.
		for _ in $(seq 600); do
			[ "$(cat "$work/sig" 2>/dev/null | wc -l)" -lt 2 ] || break
			sleep 0.1
		done
		mapfile -t children < <(descendants $pid)
		kill -$sig $pid
		want=$([ $sig = INT ] && echo 130 || echo 143)
		check "SIG$sig ends launcher and guest" ended $pid $want "${children[@]}"
		check "SIG$sig: the document is intact" intact "$work/sig"
	done
done

# All of them in one command. What matrix and bisect say of documents: check_verbs.sh.
boots=()
for kernel in "${kernels[@]}"; do boots+=(-k "$kernel"); done
matrix() { "$vm" matrix "${boots[@]}" --accel insn --results "$work/matrix" "$@" >"$work/tables" 2>"$work/log"; }
export -f matrix
check "matrix: all kernels pass" matrix -a selfcheck -- -q
check "matrix: the families' table counts them" grep -qE '^selfcheck( +[0-9]+/0/[0-9]+)+$' "$work/tables"
check "matrix: a document each" eval '[ "$(ls "$work/matrix/"*.jsonl | wc -l)" = ${#kernels[@]} ]'
check "matrix: finished boots are not repeated" eval \
	'matrix -a selfcheck -- -q && [ "$(grep -c "done before" "$work/log")" = ${#kernels[@]} ]'
check "matrix: a baseline of each is saved, and holds" eval \
	'matrix -a selfcheck/empty --save-baseline "$work/base" -- -q && matrix -a selfcheck/empty --baseline "$work/base" --gate -- -q &&
	 [ "$(ls "$work/base" | wc -l)" = ${#kernels[@]} ] && [ "$(grep -c "^1 same, 0 slower" "$work/tables")" = ${#kernels[@]} ]'
sed -i 's/"value":[0-9.e-]*,"lo":[0-9.e-]*,"hi":[0-9.e-]*,/"value":-1,"lo":-1,"hi":-1,/g' "$work"/base/*
check "matrix: slower than the baseline is status 1, with finished boots too" eval \
	'matrix -a selfcheck/empty --baseline "$work/base" --gate -- -q; [ $? = 1 ] && grep -q "^selfcheck/empty .*slower$" "$work/tables"'

# A bisection over commits that each name a kernel; one of them none.
bisect_small() {
	local tree=$work/tree top=$PWD
	git init -q "$tree" && cd "$tree" || return
	echo vmlinux >.git/info/exclude
	git config user.name check && git config user.email check@localhost
	commit() { echo "$1" >version && echo "$2" >note && git add -A && git commit -qm "$2"; }
	commit 6.1 start && git tag good
	commit none 'does not build'
	commit 6.1 documentation
	commit 6.12 'test run: check more'
	commit 6.12 readme
	git bisect start HEAD good
	git bisect run "$top/bench_vm" bisect -q --results "$work/bisect" --metric hook_run/xdp --max 70 \
		--build "$top/bench_vm vmlinux -q -k debian:\$(cat version) -o vmlinux"
	git log -1 --format='first bad: %s' refs/bisect/bad
}
export -f bisect_small
check "bisect: finds the commit" eval \
	'(bisect_small) >"$work/log" 2>&1; cat "$work/log"; grep -q "first bad: test run: check more$" "$work/log"'
summary
