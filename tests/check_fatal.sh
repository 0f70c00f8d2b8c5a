#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests that die: each case of tests/fatal takes its guest along in another way. The launcher must
# say which and how, keep the console, and measure the cases around them.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
kernel=${KERNELS:-debian:6.12}
kernel=${kernel%% *}

tree=$work/tree
mkdir -p "$tree/progs" "$tree/prog_tests" "$tree/skel"
cp -r Makefile .ci vmlinux runner "$tree/"
cp progs/*.h progs/selfcheck.bpf.c tests/fatal/fatal.bpf.c "$tree/progs/"
cp prog_tests/bench_family.h prog_tests/selfcheck.c tests/fatal/fatal.c "$tree/prog_tests/"
check "a runner of fatal measurements" make -s -C "$tree" -j"$(nproc)" bench_progs
export BENCH_PROGS=$tree/bench_progs vm=$PWD/bench_vm

channel_of() { # QEMU's pid: the file of its second serial port
	tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | sed -n 's/^file://p' | tail -n 1
}

# A control group for the launcher and its guests that has this much memory: what is short of it is
# the host. Version 1 of control groups, or 2.
memory_cgroup() {
	local root limit
	for root in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		cgroup=$root/bench_check.$$
		mkdir "$cgroup" 2>/dev/null || continue
		[ ! -w "$cgroup/memory.swap.max" ] || echo 0 >"$cgroup/memory.swap.max"
		for limit in memory.limit_in_bytes memory.max; do
			[ -w "$cgroup/$limit" ] && echo "$1" >"$cgroup/$limit" &&
				(echo $BASHPID >"$cgroup/cgroup.procs") && return
		done
		rmdir "$cgroup"
	done 2>/dev/null
	return 1
}
without=()
if memory_cgroup 400M; then
	trap 'kill ${launcher:-} 2>/dev/null; wait; rmdir "$cgroup"; rm -rf "$work"' EXIT
else
	without=(-d fatal/hungry)
fi

mkdir "$work/run"
cd "$work/run" || exit 1
# Guest time does not pass in a hung guest: its silence is in wall time, and this many seconds.
(
	[ ${#without[@]} != 0 ] || echo $BASHPID >"$cgroup/cgroup.procs"
	exec "$vm" -k "$kernel" --accel insn --hang 15 -- run -q -a fatal "${without[@]}" \
		-o "jsonl:$work/doc" 2>"$work/err"
) &
launcher=$!
# The guest of the busy case is killed from outside, twice: once may be the host's fault. It runs
# when the case in front of it has been reported, and the guest's A/A has.
for _ in 1 2; do
	while kill -0 $launcher 2>/dev/null; do
		sleep 0.5
		qemu=$(pgrep -P $launcher -f qemu-system)
		if [ -n "$qemu" ] && [ "$qemu" != "${killed:-}" ] &&
			grep -q '"id":"fatal/console_flood"' "$work/doc" &&
			grep -qs '"id":"selfcheck/empty"' "$(channel_of "$qemu")"; then
			# Seen here, it has yet to be read by the launcher.
			sleep 2
			kill -KILL "$qemu"
			killed=$qemu
			break
		fi
	done
done
status=0
wait $launcher || status=$?

# lost CASE STATUS REASON
lost() {
	grep -F "\"id\":\"fatal/$1\"" "$work/doc" >"$work/row"
	{
		echo "not \"$2\" for \"$3\":"
		cut -c1-300 "$work/row"
		cat "$work/err"
	} >"$work/check.log"
	if grep -qF "\"status\":\"$2\"" "$work/row" && grep -qF -- "$3" "$work/row"; then
		ok "lost: $1"
	else
		not_ok "lost: $1" "$work/check.log"
	fi
}

lost panic crash "guest panicked in fatal/panic: "
lost soft_lockup timeout "guest hung in fatal/soft_lockup: watchdog: BUG: soft lockup"
lost irqs_off timeout "guest hung in fatal/irqs_off: silent for 15 s"
lost freeze timeout "guest hung in fatal/freeze: silent for 15 s"
lost console_flood crash "guest flooded its console in fatal/console_flood"
lost busy crash '"reason":"QEMU was killed by SIGKILL in fatal/busy"'
export nr=6
if [ ${#without[@]} = 0 ]; then
	nr=7
	lost hungry crash "QEMU was killed by SIGKILL in fatal/hungry: the host ran out of memory"
else
	skip "lost: hungry" "no control group with a limit of memory can be made"
fi
for case in before between after; do
	check "measured around them: $case" eval \
		'grep -F "\"id\":\"fatal/$case\"" "$work/doc" | grep -q "\"raw\":{\"unit\""'
done
check "one header, one A/A, an end that counts them" eval \
	'[ "$(grep -c "\"type\":\"header\"" "$work/doc")" = 1 ] &&
	 [ "$(grep -c "\"id\":\"selfcheck/empty\"" "$work/doc")" = 1 ] &&
	 grep -q "\"type\":\"end\",\"passed\":4,\"failed\":$nr,\"skipped\":0" "$work/doc"'
check "exit status 1, and why" eval \
	'[ $status = 1 ] && tail -n 1 "$work/err" | grep -qx "bench_vm: failed: $nr cases took their guest along"'
# Two of those whose QEMU was killed.
check "a console of each" eval '[ "$(ls results | wc -l)" = $((nr == 7 ? 9 : 7)) ]'
summary
