#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# On the running kernel: everything measures, what must be refused is, nothing stays behind.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
bp=./bench_progs

if ! $bp doctor >"$work/doctor" 2>&1; then
	skip "native" "$(grep -E '^privilege' "$work/doctor" || head -n 1 "$work/doctor")"
	summary
	exit 0
fi
if grep -qE '^clock +none' "$work/doctor"; then
	skip "native" "$(grep -E '^clock' "$work/doctor")"
	summary
	exit 0
fi

export TMPDIR=$work/tmp
mkdir "$TMPDIR"

cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)

# What a run could leave behind.
machine_state() {
	ls /sys/class/net /sys/fs/bpf 2>/dev/null
	ip netns list 2>/dev/null
	tc qdisc show 2>/dev/null
	for what in prog map link; do
		bpftool $what show 2>/dev/null | grep -E '^[0-9]+:' | sed 's/^[0-9]*: //'
	done
	bpftool net show 2>/dev/null
	[ -z "$cgroup" ] || find "$cgroup" -maxdepth 3 -name 'bench_progs*'
	cat /proc/sys/kernel/bpf_stats_enabled /proc/sys/net/core/bpf_jit_enable \
		/sys/kernel/rcu_expedited 2>/dev/null
	readlink /proc/[0-9]*/ns/net 2>/dev/null | sort -u | wc -l
	pgrep -f "jsonl:$work"
	ls "$TMPDIR"
}

# as_before NAME: nothing is left; what the kernel frees behind a grace period has a moment.
as_before() {
	for _ in $(seq 50); do
		machine_state >"$work/after"
		! cmp -s "$work/before" "$work/after" || break
		sleep 0.1
	done
	check "the machine is as it was: $1" diff "$work/before" "$work/after"
}

# Those that make namespaces, links, cgroups and attach to what all share.
leaky='hook_*,chain_*,map_*'

# In the background, $pid, with a child at work. A job of a script would ignore SIGINT.
long_run() {
	env --default-signal=INT $bp run -a "$leaky" --loads 500 -o "jsonl:$work/long.jsonl" \
		>/dev/null 2>&1 &
	pid=$!
	sleep "0.$((RANDOM % 5 + 5))"
}

# peak_kib COMMAND...: the largest resident set of the run or of a child, seen four times a second,
# in $peak
peak_kib() {
	local pids=() kib
	peak=0 status=0
	"$@" &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		mapfile -t pids < <(pgrep -P $pid)
		for p in $pid "${pids[@]}"; do
			kib=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$p/status" 2>/dev/null)
			[ "${kib:-0}" -le "$peak" ] || peak=$kib
		done
		sleep 0.25
	done
	wait $pid || status=$?
}

# What ran last (doctor's probes) is freed behind a grace period.
for _ in $(seq 20); do
	machine_state >"$work/before"
	sleep 0.5
	machine_state >"$work/after"
	! cmp -s "$work/before" "$work/after" || break
done
started=$SECONDS
peak_kib $bp run -q -o "jsonl:$work/a.jsonl" -o "table:$work/a.table"
check "quick run of everything, in $((SECONDS - started)) s" test $status = 0
check "it needs at most 256 MiB, here $((peak / 1024))" test $peak -gt 0 -a $peak -le 262144
sed -n '/fail:/p' "$work/a.table"
check "no bench failed" eval '! grep -q "fail:" "$work/a.table"'
check "document reads back" eval '$bp show "$work/a.jsonl" -o "jsonl:$work/b.jsonl" && cmp "$work/a.jsonl" "$work/b.jsonl"'
check "its code disassembles" eval '$bp disasm "$work/a.jsonl" map_lookup/hash:entries=1024 >"$work/disasm" &&
	grep -q "^ .*: call bpf_ktime_get_ns$" "$work/disasm" && grep -q "<map hash_map>" "$work/disasm" &&
	grep -q "^baseline map_lookup/empty:entries=1024" "$work/disasm" &&
	grep -Eq "^  jited, [0-9]+ bytes, [0-9]+ instructions" "$work/disasm"'
check "a second run" $bp run -q -o "jsonl:$work/c.jsonl"
check "they compare" eval \
	'$bp compare "$work/a.jsonl" "$work/c.jsonl" >"$work/cmp" && grep -qE "^[0-9]+ same, " "$work/cmp"'
# Other loads, other addresses, the same code.
for doc in a c; do
	grep -o '"id":"map_lookup/.*"code":.*' "$work/$doc.jsonl" | sed 's/"status":.*"code"//' >"$work/$doc.code"
done
check "two runs have the same code" eval '[ "$(wc -l <"$work/a.code")" -gt 30 ] && cmp "$work/a.code" "$work/c.code"'
as_before "a run"
check "the A/A is in every run" eval \
	'$bp run -q -t hook_run/xdp -o "jsonl:$work/aa" && grep -q "\"id\":\"selfcheck/empty\"" "$work/aa"'
# A hypervisor may have taken something just then, but not three times.
check "steal of before is not that of the first round" eval 'for _ in 1 2 3; do
		$bp run -t selfcheck/loop --loads 1 --rounds 1 -o "jsonl:$work/first" || true
		! grep -qE "\"raw\":\[\[0,0,[0-9]+,[0-9]+,[0-9]+,[0-3]\]" "$work/first" || break
	done; grep -qE "\"raw\":\[\[0,0,[0-9]+,[0-9]+,[0-9]+,[0-3]\]" "$work/first"'
# A machine of so many CPUs that ours are behind the first 16 KB, in each two states of /proc/stat.
for i in 1 2; do
	printf "cpu%d 1000000 1000000 1000000 1000000 1000000 1000000 1000000 $i 0 0\\n" \
		$(seq 1000 1199) $(seq 0 255) | sed 1icpu >"$work/stat.$i"
done
cp "$work/stat.1" "$work/stat"
cat >"$work/steal" <<'STEAL'
mount --bind "$1/stat" /proc/stat || exit 3
while cat "$1/stat.1" >"$1/stat" && cat "$1/stat.2" >"$1/stat"; do :; done &
./bench_progs run -t selfcheck/loop -o "jsonl:$1/stolen"
kill $!
STEAL
unshare -m bash "$work/steal" "$work" >"$work/out" 2>&1
if [ $? = 3 ]; then
	skip "steal on a machine of many CPUs" "$(head -n 1 "$work/out")"
else
	check "steal on a machine of many CPUs" grep -qE '"samples":.*\[[0-9]+(,[0-9]+){4},([4-7]|3[6-9])\]' "$work/stolen"
fi
(sleep 0.5 && echo "WARNING: written by a test of bench_progs" >/dev/kmsg) 2>"$work/kmsg" &
status=0
$bp run -t chain_call >"$work/splat" 2>&1 || status=$?
wait
if [ -s "$work/kmsg" ]; then
	skip "a splat in the kernel log" "$(head -n 1 "$work/kmsg")"
else
	check "a splat in the kernel log fails its bench" eval \
		'[ $status = 1 ] && [ "$(grep -c "kernel log: WARNING" "$work/splat")" = 1 ]'
fi
# A dead process, whose PID is free again, and this one.
sleep 0 &
dead=$!
wait $dead
if [ -z "$cgroup" ]; then
	skip "cgroups of dead runs" "no cgroup v2 is mounted"
elif mkdir -p "$cgroup/bench_progs.$dead/a/b" "$cgroup/bench_progs.$$" 2>"$work/cgroup"; then
	check "a run removes the cgroups of dead ones" eval '$bp run -q -t hook_run/xdp >/dev/null &&
		[ ! -e "$cgroup/bench_progs.$dead" ] && [ -e "$cgroup/bench_progs.$$" ]'
	rmdir "$cgroup/bench_progs.$$"
else
	skip "cgroups of dead runs" "$(head -n 1 "$work/cgroup")"
fi
check "in a network namespace, as in a container" eval \
	'unshare -n $bp run -q -t hook_run/sched_cls >"$work/out" && grep -q " 0 failed, 0 skipped" "$work/out"'
if unshare -U -r true 2>"$work/userns"; then
	refuses "in a user namespace" 4 "outside of a user namespace" unshare -U -r $bp run -q -t hook_run/sched_cls
else
	skip "in a user namespace" "$(head -n 1 "$work/userns")"
fi
refuses "insn clock on hardware" 2 "--clock insn" $bp run --clock insn
refuses "full disk" 1 "No space left" $bp run -q -t hook_run/sched_cls -o jsonl:/dev/full
for sig in INT TERM; do
	long_run
	kill -$sig $pid
	status=0
	wait $pid || status=$?
	check "SIG$sig ends the run" test $status = "$([ $sig = INT ] && echo 130 || echo 143)"
	check "SIG$sig: the document is intact" intact "$work/long.jsonl"
	as_before "SIG$sig"
done
for case in hook_net/xdp_native chain_cgroup/egress:progs=16 hook_run/xdp; do
	$bp list -a "$case" >/dev/null 2>&1 || continue
	# Some loads may be all that a case has: long ones, then.
	$bp run -a "$case" --loads 6 --rounds 1000 -o "jsonl:$work/child.jsonl" >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 300); do
		sleep 0.1
		child=$(pgrep -n -P $pid)
		! grep -qs '"id":"selfcheck/empty"' "$work/child.jsonl" || break
	done
	sleep 0.3
	child=$(pgrep -n -P $pid)
	kill -KILL "$child"
	status=0
	wait $pid || status=$?
	check "SIGKILL of the child of $case is its failure" eval \
		'[ $status = 1 ] && grep -q "killed by signal 9" "$work/child.jsonl"'
	as_before "SIGKILL of the child of $case"
done
for _ in 1 2 3; do
	long_run
	kill -KILL $pid
	wait $pid 2>/dev/null
	$bp run -q -a hook_run/sched_cls >/dev/null 2>&1
	as_before "SIGKILL of the run, and the next run"
done
# As Ctrl-\ and timeout -s KILL do, while RCU is expedited, if another run lets this one do that.
for sig in QUIT KILL; do
	env --default-signal=QUIT setsid $bp run -a "$leaky" --loads 500 \
		-o "jsonl:$work/long.jsonl" >/dev/null 2>&1 &
	pid=$!
	sleep 0.5
	for _ in $(seq 20000); do
		read -r expedited 2>/dev/null </sys/kernel/rcu_expedited || break
		[ "$expedited" != 1 ] || break
	done
	kill -$sig -- -$pid
	wait $pid 2>/dev/null
	$bp run -q -a hook_run/sched_cls >/dev/null 2>&1
	as_before "SIG$sig of the run's process group, and the next run"
done
summary
