#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The command line: bad input is one clear line and its status, and nothing stays behind.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
bp=./bench_progs vm=./bench_vm fake='--exec fake'
export BENCH_CACHE=$work/cache

refuses "unknown option" 2 "--frobnicate" $bp run --frobnicate
refuses "unknown short option" 2 "-Z" $bp run -Z
refuses "unknown verb" 2 '"meassure"' $bp meassure
refuses "option without argument" 2 "argument" $bp run -t
refuses "option of another verb" 2 "--quick" $bp compare --quick
refuses "gate without a baseline" 2 "--gate of a run needs --baseline" $bp run $fake --gate
refuses "filter of a column that is none" 2 '"nett>5": there is no column "nett"' $bp compare a b -f 'nett>5'
refuses "filter that is none" 2 '"net>>5": ">5" is no number' $bp show a -f 'net>>5'
refuses "key that is none" 2 'neither :asc nor :desc' $bp show a -s net:up
refuses "unknown format" 2 "yaml" $bp run $fake -o yaml
check "SIGCHLD that is ignored" env --ignore-signal=CHLD $bp run $fake -q -t hook_run/xdp
check "SIGCHLD that is ignored, in a build" eval 'timeout 20 env --ignore-signal=CHLD $vm bisect \
	-k . --results "$work/bisect" --metric hook_run/xdp --max 1 --build true; [ $? = 125 ]'
refuses "two outputs on stdout" 2 "stdout" $bp run $fake -o table -o ktap
refuses "output into a missing directory" 2 "/nonexistent/no/x" $bp run $fake -o jsonl:/nonexistent/no/x
refuses "pattern that matches nothing" 2 '"no_such_bench"' $bp run $fake -t no_such_bench
refuses "glob that matches nothing" 2 '"zzz*"' $bp list -a 'zzz*'
refuses "selection that leaves nothing" 2 "leaves no bench" $bp run $fake -a selfcheck -d '*'
refuses "number that is none" 2 '"1,x"' $bp list -n 1,x
refuses "number out of range" 2 "9999" $bp list -n 9999
refuses "list that is not there" 2 "/nonexistent" $bp run -t @/nonexistent
refuses "--timeout 0" 2 "--timeout" $bp run --timeout 0
refuses "negative count" 2 "--loads" $bp run --loads -3
refuses "more samples than a document holds" 2 "100000" $bp run --loads 1000 --rounds 1000
refuses "huge count" 2 "--rounds" $bp run --rounds 99999999999999999999
refuses "seed that is no number" 2 "--seed" $bp run --seed 1x
refuses "unknown clock" 2 '"sec"' $bp run --clock sec
refuses "unknown executor" 2 '"real"' $bp run --exec real
refuses "show without document" 2 "document" $bp show
refuses "disasm without ID" 2 "the ID" $bp disasm a
refuses "disasm of an unknown ID" 2 'no result "code/lokup"; there is code/lookup, code/lookup_twin,' \
	$bp disasm tests/golden/code_a.jsonl code/lokup
refuses "disasm of an unknown family" 2 'no result "nope/x" ("show' \
	$bp disasm tests/golden/code_a.jsonl nope/x
refuses "disasm of half an ID" 2 "there is code/lookup, code/lookup_twin (" \
	$bp disasm tests/golden/code_a.jsonl look
refuses "disasm of a document without code" 4 "no code of hook_run/xdp: not recorded" \
	$bp disasm tests/golden/run_insn.jsonl hook_run/xdp
refuses "disasm of a skipped case" 4 "not measured" $bp disasm tests/golden/code_a.jsonl code/skipped
refuses "disasm of code that was left out" 4 "too large" $bp disasm tests/golden/code_a.jsonl code/large
refuses "disasm into a format" 2 "--output" $bp disasm a b -o table
refuses "compare with one document" 2 "two documents" $bp compare a
refuses "too many arguments" 2 '"b"' $bp show a b
refuses "claims of a run" 2 "--claims" $bp run $fake --claims
refuses "claims without a document" 2 "document" $bp show --claims
refuses "claims in a format without" 2 "-o ktap: this format has no claims" \
	$bp show --claims tests/golden/run_ns.jsonl -o ktap
refuses "claims as a document" 2 "-o jsonl: this format has no claims" \
	$bp show --claims tests/golden/run_ns.jsonl -o "jsonl:$work/claims"
refuses "claims of a document that is not there" 2 "/nonexistent" $bp show --claims /nonexistent
refuses "full disk" 1 "No space left" $bp run $fake -t hook_run -o jsonl:/dev/full

# Documents are untrusted.
good=tests/golden/run_insn.jsonl
refuses "document that is not there" 2 "/nonexistent" $bp show /nonexistent
refuses "document that is a directory" 2 "tests" $bp show tests
: >"$work/empty"
refuses "empty document" 2 "empty" $bp show "$work/empty"
echo '{"hello": "world"}' >"$work/foreign"
refuses "foreign document" 2 "foreign:1" $bp show "$work/foreign"
head -c 200000 /dev/urandom >"$work/noise"
refuses "binary noise" 2 "noise:1" $bp show "$work/noise"
{ head -n 1 $good; printf '[%.0s' $(seq 100000); echo; } >"$work/deep"
refuses "deep document" 2 "deep:2" $bp show "$work/deep"
{ head -n 1 $good; head -c 20000000 /dev/zero | tr '\0' x; echo; } >"$work/long"
refuses "oversized line" 2 "long:2" $bp show "$work/long"
sed '2s/"value":[^,]*/"value":NaN/' $good >"$work/nan"
refuses "NaN" 2 "nan:2" $bp show "$work/nan"
sed '2s/"status":"ok"/"status":7/' $good >"$work/type"
refuses "wrong type" 2 "type:2" $bp show "$work/type"
sed '1s/"schema":1/"schema":2/' $good >"$work/schema"
refuses "another schema" 2 "schema" $bp show "$work/schema"
sed '2s/"jited":"/"jited":"AAAA/' tests/golden/code_a.jsonl >"$work/code"
refuses "code that does not add up" 2 "code:2: code.raw funcs are shorter than jited" $bp show "$work/code"
refuses "compare of two clocks" 2 "clock" $bp compare $good tests/golden/run_ns.jsonl
mkdir "$work/none" "$work/two" "$work/kernels"
refuses "directory without a document" 2 "none: a directory without a document" $bp compare "$work/none" $good
refuses "show of an empty directory" 2 "none: a directory without a document" $bp show "$work/none"
cp $good "$work/two/1.jsonl"
cp $good "$work/two/2.jsonl"
refuses "show of several boots" 2 "a directory of 2 documents" $bp show "$work/two"
check "compare of a directory" eval '$bp compare "$work/two" $good >"$work/out" && grep -q "^boots: 2 of A, 1 of B" "$work/out"'
cp $good "$work/kernels/1.jsonl"
sed '1s/0.0.0-fake/0.0.1-fake/' $good >"$work/kernels/2.jsonl"
refuses "two kernels on a side" 2 "boots 1 and 2 of B differ" $bp compare $good "$work/kernels"

# The highest load that took samples of a case.
last_load() { # CLOCK ID ARGUMENTS...
	$bp run $fake --clock "$1" --rounds 4 -a "$2" -o jsonl "${@:3}" | tail -n 2 |
		grep -o '"raw":\[\[.*' | sed 's/"ref".*//' | grep -o '\[[0-9]*,' | tail -n 1
}
check "unrehearsed: half as many counted loads" [ "$(last_load insn chain_tc/detached --loads 4)" = "[1," ]
check "unrehearsed: one of one" [ "$(last_load insn chain_tc/detached --loads 1)" = "[0," ]
check "unrehearsed: all of them in time mode" [ "$(last_load ns chain_tc/detached --loads 4)" = "[3," ]
check "others: all counted loads" [ "$(last_load insn hook_net/detached_udp --loads 4)" = "[3," ]
check "quick: one counted load of a program's loop" [ "$(last_load insn map_lookup/hash:entries=1024 -q)" = "[0," ]
check "quick: another if its rounds differ" \
	[ "$(last_load insn map_lookup/hash:entries=1024 -q $fake:drift@map_lookup/hash*)" = "[1," ]
check "quick: one of what user space repeats" [ "$(last_load insn hook_net/detached_udp -q)" = "[0," ]
check "quick: another, there too, if its rounds differ" \
	[ "$(last_load insn hook_net/detached_udp -q $fake:drift@hook_net/*)" = "[1," ]
check "quick: another if one round is all it counts" \
	[ "$(last_load insn map_lookup/hash:entries=1024 -q --rounds 1)" = "[1," ]
check "quick: as many as were asked for" [ "$(last_load insn map_lookup/hash:entries=1024 -q --loads 3)" = "[2," ]
check "quick: all of them in time mode" [ "$(last_load ns map_lookup/hash:entries=1024 -q)" = "[5," ]
check "not quick: all counted loads" [ "$(last_load insn map_lookup/hash:entries=1024)" = "[2," ]

# Baselines: what was saved is what the next run is compared with.
base() { $bp run --exec "$1" --clock insn --seed 1 --loads 2 --rounds 4 -a hook_run/xdp,hook_run/raw_tp "${@:2}"; }
refuses "baseline that is not there" 2 "/nonexistent" base fake --baseline /nonexistent
refuses "no baseline of this kernel" 2 "looked for $work/none/0.0.0-fake.jsonl" base fake --baseline "$work/none"
refuses "baseline in a missing directory" 2 "No such file" base fake --save-baseline "$work/none/no/such"
refuses "baseline in a file" 2 "Not a directory" base fake --save-baseline "$work/empty"
refuses "baseline that is no document" 2 "no bench_progs document" base fake --baseline "$work/foreign"
check "a run that passed is saved" eval 'base fake --save-baseline "$work/base" -o "jsonl:$work/run.jsonl" && [ "$(ls -A "$work/base")" = 0.0.0-fake.jsonl ] && cmp "$work/base/0.0.0-fake.jsonl" "$work/run.jsonl"'
check "an output makes its directory, no more" eval 'base fake -o "jsonl:$work/made/run.jsonl" && [ -s "$work/made/run.jsonl" ] &&
	! base fake -o "jsonl:$work/un/made/run.jsonl" && [ ! -e "$work/un" ]'
# What -o opens is empty before the baseline is read.
cp "$work/run.jsonl" "$work/over.jsonl"
ln -s over.jsonl "$work/over.link"
refuses "baseline that -o writes" 2 "-o jsonl:$work/over.link would write over the baseline" \
	base fake --baseline "$work/over.jsonl" -o "jsonl:$work/over.link"
refuses "baseline in whose directory -o writes" 2 "would write over the baseline" \
	base fake --baseline "$work/base" -o "jsonl:$work/base/0.0.0-fake.jsonl"
refuses "baseline that is not there, with -o" 2 "/nonexistent" \
	base fake --baseline /nonexistent -o "jsonl:$work/over.jsonl"
refuses "baseline that -o writes, of a guest" 2 "would write over the baseline" \
	$vm -k nothing -- run --baseline "$work/over.jsonl" -o "jsonl:$work/over.jsonl"
refuses "baseline that is no document, before a guest boots" 2 "no bench_progs document" \
	$vm -k nothing -- run --baseline "$work/foreign"
refuses "show writes over what it shows" 2 "would write over $work/over.jsonl" \
	./bench_progs show "$work/over.jsonl" -o "md:$work/over.link"
refuses "compare writes over what it compares" 2 "would write over $work/over.jsonl" \
	./bench_progs compare "$work/run.jsonl" "$work/over.jsonl" -o "md:$work/over.link"
refuses "compare writes over one of a directory" 2 "would write over $work/base" \
	./bench_progs compare "$work/base" "$work/over.jsonl" -o "jsonl:$work/base/0.0.0-fake.jsonl"
check "and nothing is written over" eval 'cmp "$work/over.jsonl" "$work/run.jsonl" && cmp "$work/base/0.0.0-fake.jsonl" "$work/run.jsonl"'
check "the same is the same" eval 'base fake --baseline "$work/base" --gate >"$work/out" && grep -q "^3 same, 0 slower" "$work/out"'
slower() { # STATUS ARGUMENTS...
	local status=0
	base fake:x1.1@hook_run/xdp --baseline "$work/base" "${@:2}" >"$work/out" 2>"$work/err" || status=$?
	[ $status = "$1" ]
}
check "slower is said" eval 'slower 0 && grep -q "^hook_run/xdp .*slower$" "$work/out"'
check "slower fails with --gate, and is not saved" eval 'slower 1 --gate --save-baseline "$work/base" && cmp "$work/base/0.0.0-fake.jsonl" "$work/run.jsonl"'
check "the comparison as Markdown" eval 'slower 1 --gate -o md && grep -q "^| hook_run/xdp .* slower |$" "$work/out"'
check "the document is the run alone" eval 'slower 0 -o "jsonl:$work/x" && grep -q "slower$" "$work/out" && $bp show "$work/x" >/dev/null'
check "KTAP is the run alone" eval 'slower 0 -o ktap && ! grep -q slower "$work/out" && grep -q "slower$" "$work/err"'
check "only what was selected is compared" eval '$bp run --exec fake --clock insn --seed 1 --loads 2 --rounds 4 -a hook_run/xdp --baseline "$work/base" >"$work/out" && ! grep -q raw_tp "$work/out"'
status=0
base fake:fail@hook_run/xdp --save-baseline "$work/none" >/dev/null 2>&1 || status=$?
check "a run that failed is not saved" eval '[ $status = 1 ] && [ -z "$(ls -A "$work/none")" ]'
status=0
base fake --clock ns --baseline "$work/base" >/dev/null 2>"$work/err" || status=$?
check "baseline of another clock" eval '[ $status = 2 ] && grep -q "A was measured by the insn clock" "$work/err"'
head -n 3 $good >"$work/cut"
status=0
$bp show "$work/cut" >"$work/out" 2>"$work/err" || status=$?
check "cut document is used and said" eval '[ $status = 0 ] && grep -q "cut short" "$work/err"'
head -c 20000 $good >"$work/cut2"
check "document cut in a line" eval '$bp show "$work/cut2" >"$work/out" 2>"$work/err" && grep -q "cut short" "$work/err"'

# Loads in which the reference loop was slow are replaced, as far as a quarter as many again go.
neighbours() { # EFFECT LOADS_THAT_ENTER LOADS QUALITY
	local row
	$bp run --exec "fake:$1@hook_run/xdp" --clock ns --seed 1 -a hook_run/xdp -o "jsonl:$work/x" >/dev/null
	$bp run --exec fake --clock ns --seed 1 -a hook_run/xdp -o "jsonl:$work/quiet" >/dev/null
	row=$(grep '"id":"hook_run/xdp"' "$work/x")
	[ "$(grep -o "\"n\":$2,[^}]*\"quality\":\"$4\"" <<<"$row" | wc -l)" = 4 ] || return 1 # net raw base ref
	[ "$(sed 's/.*"samples"//' <<<"$row" | grep -oE '\[[0-9]+(,[0-9]+){4},(32|33)\]' | wc -l)" = $((3 * 12 * ($3 - $2))) ] || return 1
	# The figure is that of a quiet machine.
	$bp compare "$work/quiet" "$work/x" >"$work/out"
	[ "$4" = unstable ] && grep -q '^hook_run/xdp .* unstable in B$' "$work/out" ||
		grep -q '^hook_run/xdp .* same$' "$work/out"
}
check "loads slowed by a neighbour are replaced" neighbours neighbour 22 30 ok
check "too few loads that were not slowed" neighbours neighbours 7 30 unstable

# Claims: known effects have known verdicts, and none of them is a failure.
claims() { # EFFECT STATUS TEXT: map_array_hash of a fake run
	local status=0
	$bp run --exec "$1" --clock ns -q -t map_lookup/ -o "jsonl:$work/claims.jsonl" >/dev/null
	$bp show --claims "$work/claims.jsonl" >"$work/claims" 2>&1 || status=$?
	cat "$work/claims"
	[ $status = "$2" ] && grep -q "^map_array_hash .*: $3" "$work/claims"
}
check "claim that holds" claims 'fake:x0.01@map_lookup/array:*' 0 'holds$'
check "claim that does not hold" claims 'fake:x0.01@map_lookup/hash:*' 0 'does not hold$'
check "claim of a skipped case" claims 'fake:skip@map_lookup/array:*' 0 \
	'not testable here (map_lookup/array:entries=1024: skip'
check "claim of a failed case" claims 'fake:fail@map_lookup/hash:*' 0 \
	'not testable here (map_lookup/hash:entries=1024: fail'
check "claims of no case" claims 'fake:skip@*' 4 'not testable here'
check "claims in a file" eval '$bp show --claims "$work/claims.jsonl" -o table:"$work/file" -v; [ $? = 4 ] && grep -q map_array_hash "$work/file"'
# Cases of a family that exists must exist, but for those that are still to come. Without a result
# -v names each case of each claim.
to_come='^(hook_trace/(kprobe|kprobe_multi|kretprobe|raw_tp|tp|uprobe)|jit_memcpy/(kfunc|module):size=1024|map_user/(lookup_hash|lookup_percpu_array|lookup_percpu_hash|ringbuf|mmap_array))$'
$bp list >"$work/list"
head -n 1 $good | $bp show --claims -v - >"$work/claims" 2>/dev/null
awk 'NR == FNR {
	ids[$2]; split($2, part, "/"); families[part[1]]; next
} / no figure$/ {
	nr++; split($1, part, "/"); found = $1 in ids; re = "^" $1 "$"
	if (sub(/\*/, "[0-9]+", re)) for (id in ids) found = found || id ~ re
	if (part[1] in families && !found) print $1
} END { if (nr < 100) print "only " nr " cases found" }' "$work/list" "$work/claims" | sort -u >"$work/unknown"
grep -vE "$to_come" "$work/unknown" >"$work/wrong"
check "claims name cases that exist" eval '! grep . "$work/wrong"'
[ ! -s "$work/unknown" ] || skip "claims of cases that are still to come" "$(paste -sd ' ' "$work/unknown")"
check "each claim is in docs/claims.md" diff \
	<(sed -n 's/^| `\([a-z_]*\)` |.*/\1/p' docs/claims.md | sort) \
	<(sed -n 's/^\([a-z_]*\)  *\(P[1-5]\|-\) .*/\1/p' "$work/claims" | sort)

# The launcher.
refuses "vm: unknown option" 2 "--frobnicate" $vm --frobnicate
refuses "vm: no kernel" 2 "-k" $vm
refuses "vm: kernel that is not there" 2 "/nonexistent" $vm -k /nonexistent -- run
refuses "vm: kernel that is a directory" 2 "progs" $vm -k progs -- run
refuses "vm: kernel that is a text file" 2 "LICENSE" $vm -k LICENSE -- run
refuses "vm: kernel that is empty" 2 "empty" $vm -k "$work/empty" -- run
refuses "vm: --timeout 0" 2 "timeout" $vm -k debian:6.1 --timeout 0 -- run
refuses "vm: negative count" 2 "cpus" $vm -k debian:6.1 --cpus -1 -- run
refuses "vm: unknown accelerator" 2 "warp" $vm -k debian:6.1 --accel warp -- run
refuses "vm: unknown architecture" 2 "sparc" $vm -k debian:6.1 --arch sparc -- run
refuses "vm: architecture without guests" 2 "neither BTF" $vm -k debian:6.1 --arch s390x -- run
refuses "vm: architecture with a slow clock" 2 "10 MHz" $vm -k debian:6.1 --arch riscv64 -- run
if [ "$(uname -m)" = x86_64 ]; then
	{ head -c 56 /dev/zero && printf 'ARM\x64' && head -c 100 /dev/zero; } >"$work/Image"
	refuses "vm: KVM for another architecture" 2 "no KVM" \
		$vm -k "$work/Image" --arch arm64 --accel kvm --qemu /bin/true -- run
	refuses "vm: kernel of another architecture" 2 "is no arm64 kernel" \
		$vm -k $bp --arch arm64 --qemu /bin/true -- run
	BENCH_PROGS=$bp $vm matrix -k $bp --arch arm64 --qemu /bin/true --results "$work/matrix" -- -q \
		>"$work/out" 2>"$work/err"
	check "vm: a matrix hands the architecture on" grep -q "is no arm64 kernel" "$work/err"
	refuses "vm: no runner for another architecture" 2 '"make ARCH=arm64" builds it' \
		env BENCH_PROGS=/nonexistent $vm -q -k "$work/Image" --arch arm64 --qemu /bin/true -- run
	refuses "vm: runner of another architecture" 2 "is not of arm64" \
		env BENCH_PROGS=$bp $vm -q -k "$work/Image" --arch arm64 --qemu /bin/true -- run
fi
refuses "vm: wrong runner option" 2 "--frobnicate" $vm -k debian:6.1 -- run --frobnicate
refuses "vm: runner pattern that matches nothing" 2 "no_such" $vm -k debian:6.1 -- run -t no_such
refuses "vm: unknown engine" 2 "warp" $vm -k debian:6.1 --engine warp -- run
refuses "vm: QEMU not installed" 13 "qemu-system-x86_64 in PATH (Debian: qemu-system-x86)" \
	env PATH="$work" $vm -k debian:6.1 -- run
refuses "vm: option of another verb" 2 "--engine does not go with fetch" $vm fetch --engine vng debian:6.1
refuses "vm: no QEMU" 13 "/nonexistent/qemu" $vm -k debian:6.1 --qemu /nonexistent/qemu -- run

# Signals, at several moments: the document so far is intact, no child is left, if there was one yet.
for sig in INT TERM; do
	for delay in 0.05 0.4; do
		env --default-signal=INT $bp run --exec 'fake:hang@hook_run/sched_cls' -t hook_run -o "jsonl:$work/sig.jsonl" \
			>/dev/null 2>"$work/err" &
		pid=$!
		sleep $delay
		mapfile -t children < <(pgrep -P $pid)
		kill -$sig $pid
		want=$([ $sig = INT ] && echo 130 || echo 143)
		check "SIG$sig after $delay s" ended $pid $want "${children[@]:-999999999}"
	done
done
check "interrupted document is intact" intact "$work/sig.jsonl"

# A reader that does not read: the signal ends the run all the same.
mkfifo "$work/fifo"
sleep 20 <>"$work/fifo" &
sleeper=$!
for sig in INT TERM; do
	env --default-signal=INT $bp run --exec fake -o "jsonl:$work/fifo" >/dev/null 2>&1 &
	pid=$!
	sleep 0.7
	kill -$sig $pid
	want=$([ $sig = INT ] && echo 130 || echo 143)
	check "SIG$sig while a write blocks" ended $pid $want 999999999
done
kill $sleeper

# A disk that fills up: what is there ends with a whole line.
if mkdir "$work/small" && mount -t tmpfs -o size=64k none "$work/small" 2>/dev/null; then
	$bp run $fake -o "jsonl:$work/small/x" >/dev/null 2>&1
	check "full disk: the document so far is intact" intact "$work/small/x"
	umount "$work/small"
else
	skip "full disk: the document so far is intact" "no small file system can be mounted"
fi

# An ordinary user: exit 4 and one line that names the capability.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	cp $bp "$work/bench_progs"
	chmod 755 "$work" "$work/bench_progs"
	refuses "ordinary user" 4 "CAP_" setpriv --reuid 65534 --clear-groups "$work/bench_progs"
	check "list as ordinary user" setpriv --reuid 65534 --clear-groups "$work/bench_progs" list
else
	skip "ordinary user" "this is one already, or setpriv is missing"
fi

check "help" $bp --help
$bp list >"$work/list"
check "list" grep -q map_lookup/hash "$work/list"
check "list file" eval 'printf "# comment\nmap_lookup/hash*  # trailing\n" >"$work/l" && [ "$($bp list -a @"$work/l" | wc -l)" -ge 1 ]'
check "shell scripts are clean" eval '! command -v shellcheck >/dev/null || shellcheck -x -S warning tests/*.sh vmlinux/gen.sh .ci/*.sh .ci/run'
summary
