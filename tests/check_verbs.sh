#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What matrix, ab and bisect make of the guests' documents. QEMU is a script that runs the fake
# executor with the effects its kernel names, so that every verdict is known and takes no guest.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
if [ "$(uname -m)" != x86_64 ]; then
	skip "matrix, ab and bisect" "the kernels made up here are of x86-64"
	summary
	exit
fi
export bp=$PWD/bench_progs vm=$PWD/bench_vm cases=hook_run/xdp,hook_run/raw_tp
golden=$PWD/tests/golden
cd "$work" || exit 1
# The launcher packs its runner for each guest: a small one, that only hands on, takes no time.
export BENCH_PROGS=$work/runner
${CC:-gcc} -x c -static -DRUNNER="\"$bp\"" -o runner - <<'C' || exit 1
#include <unistd.h>
int main(int argc, char **argv) { (void)argc; return execv(RUNNER, argv) & 1; }
C

# kernel FILE RELEASE EFFECTS: the head of a static kernel that QEMU could start, and a line
kernel() {
	{
		printf '\177ELF\2\1\1' && head -c 9 /dev/zero
		printf '\2\0\76\0\1\0\0\0' && head -c 8 /dev/zero	# ET_EXEC, x86-64
		printf '\100\0\0\0\0\0\0\0' && head -c 12 /dev/zero	# program headers at 64
		printf '\100\0\70\0\1\0\0\0\0\0\0\0'			# one, of 56 bytes
		printf '\4\0\0\0\0\0\0\0\170\0\0\0\0\0\0\0' && head -c 16 /dev/zero	# PT_NOTE at 120
		printf '\30\0\0\0\0\0\0\0' && head -c 16 /dev/zero
		printf '\4\0\0\0\10\0\0\0\22\0\0\0Xen\0' && head -c 8 /dev/zero		# the PVH entry
		echo "$2 $3"
	} >"$1"
}
cat >qemu <<'SCRIPT'
#!/usr/bin/env bash
[ "$1" != --version ] || exit
for arg; do
	case $arg in file:*) files+=("${arg#file:}") ;; esac
	[ "${last:-}" != -kernel ] || kernel=$arg
	[ "${last:-}" != -initrd ] || initrd=$arg
	last=$arg
done
# What the guest's runner is told: behind its name, up to the next file.
mapfile -t args < <(LC_ALL=C; tr '\0' '\n' <"$initrd" | sed -n '/bench\.args$/,/^07070/{/^-/,/^$/p}' | grep .)
read -r release effects < <(tail -c +145 "$kernel" | tr -d '\0')
echo "$release" >>"$BOOTS"
stat -c %s "$initrd" >>sizes
exec 3>"${files[1]}"
case $effects in
dead) exit ;;
late:*) [ "$(grep -c "^$release" "$BOOTS")" = 1 ] || exit; effects=${effects#late:} ;;
cut) echo '#boot 1.50' >&3 && "$bp" run --exec fake --clock insn -q -a "$cases" -o jsonl | head -n 2 >&3; exit ;;
*:ns) effects=${effects%:ns} clock=ns ;;
esac
echo '#boot 1.50' >&3
"$bp" run --exec "$effects" --clock "${clock:-insn}" -q "${args[@]}" -o "jsonl:doc.$$" >/dev/null 2>&1
status=$?
sed "s|0\.0\.0-fake|$release|" "doc.$$" >&3
rm "doc.$$"
echo "#exit $status" >&3
SCRIPT
chmod +x qemu
export BOOTS=$work/boots
guest=(--accel insn --qemu ./qemu -j 2)

# booted RELEASE...: these guests, and no others, were started since the last time
booted() {
	touch "$BOOTS"
	[ "$(sort "$BOOTS" | paste -sd ' ')" = "$*" ] || { cat "$BOOTS" log; return 1; }
	rm "$BOOTS"
}

# matrix STATUS ARGS...: tables in out, notes in log
matrix() {
	local want=$1 status=0
	shift
	"$vm" matrix "${guest[@]}" --results docs -a "$cases" "$@" -- -q >out 2>log || status=$?
	cat out log
	[ $status = "$want" ]
}
kernel k1 6.1 fake
kernel k2 6.2 fake:x1.1@hook_run/xdp
kernel k3 6.3 fake:x1.1@hook_run/xdp,x0.9@hook_run/raw_tp
kernel bad 6.4 fake:fail@hook_run/xdp,x1.1@hook_run/raw_tp
kernel skips 6.5 fake:skip@hook_run/xdp
kernel none 6.6 fake:skip@*
kernel dead 6.7 dead
kernel cut 6.8 cut
kernel ns 6.9 fake:ns
# shellcheck disable=SC2034 # eval has it
three=(-k k1 -k k2 -k k3)
check "matrix: three kernels" eval 'matrix 0 "${three[@]}" && booted 6.1 6.2 6.3'
check "matrix: what changed from one to the next is marked" diff out "$golden/matrix.table"
check "matrix: a document each" eval '[ "$(cd docs && echo *.jsonl)" = "k1.jsonl k2.jsonl k3.jsonl" ]'
check "matrix: finished boots are not repeated" eval \
	'matrix 0 "${three[@]}" && booted && [ "$(grep -c "done before" log)" = 3 ]'
check "matrix: and say the same" diff out "$golden/matrix.table"
check "matrix: only a new kernel is booted" eval 'touch k2 && matrix 0 "${three[@]}" && booted 6.2'
sed -i '$d' docs/k3.jsonl
check "matrix: a document without its end is measured anew" eval 'matrix 0 "${three[@]}" && booted 6.3'
cases=hook_run/xdp
check "matrix: other arguments are other boots" eval 'matrix 0 "${three[@]}" && booted 6.1 6.2 6.3'
cases=hook_run/xdp,hook_run/raw_tp
echo hook_run/xdp >list
cases=@$work/list
check "matrix: a list of cases" eval 'matrix 0 -k k1 && booted 6.1 && matrix 0 -k k1 && booted'
check "matrix: what the list holds by now counts" eval \
	'echo hook_run/raw_tp >>list && matrix 0 -k k1 && booted 6.1 && grep -q "^hook_run  *2/0/0$" out'
cases=hook_run/xdp,hook_run/raw_tp
check "matrix: -v shows what did not change" eval \
	'matrix 0 -v -k k1 -k k2 && grep -q "^hook_run/xdp .*+$" out && grep -qE "^hook_run/raw_tp .*[0-9] *$" out'
check "matrix: a failure is status 1, and named" eval \
	'matrix 1 -k k1 -k bad && grep -q "^bad: hook_run/xdp: fail: " out && grep -qE "^hook_run +2/0/0 +1/1/0$" out'
check "matrix: the next is compared with one that has the case" eval \
	'matrix 0 -k k1 -k skips && grep -qE "^hook_run +2/0/0 +1/0/1$" out && ! grep -q "^hook_run/xdp" out'
check "matrix: nothing could run" eval 'matrix 4 -k none && grep -qE "^all +0/0/3$" out &&
	 grep -q "^none: skipped: nothing could run in the guest$" out'
check "matrix: one of them could" matrix 0 -k none -k k1
check "matrix: a kernel that is none is status 2" eval \
	'rm -f boots && matrix 2 -k nothing -k k1 -k k2 && booted && grep -q "^nothing: no kernel nothing: " out &&
	 grep -qE "^hook_run/xdp +[0-9.]+ +[0-9.]+\+$" out'
check "matrix: and 1 where a case failed as well" matrix 1 -k bad -k nothing
check "matrix: no document" eval 'matrix 1 -k dead -k k1 && grep -q "^dead: no-boot: " out'
check "matrix: a document that was cut short" eval \
	'matrix 1 -k cut -k k1 && grep -q "^cut: .*(its document was cut short)$" out'
check "matrix: the documents of two clocks" eval \
	'matrix 0 -k k1 -k ns && grep -q "^ns: no changes: A was measured by the insn clock" out'
rm -f boots
check "matrix: a kernel given twice" eval 'matrix 2 -k k1 -k k1 && booted && grep -q "k1 is given twice" log'
refuses "matrix: a runner that is not there" 2 "cannot read the runner /nonexistent: No such file" \
	env BENCH_PROGS=/nonexistent $vm matrix -k "$work/k1"
refuses "matrix: --gate without a baseline" 2 "--gate of a matrix needs --baseline" \
	"$vm" matrix -k k1 --gate

# A baseline of each kernel, by its release.
check "matrix: baselines are saved" eval \
	'matrix 0 "${three[@]}" --save-baseline base && [ "$(cd base && echo *)" = "6.1.jsonl 6.2.jsonl 6.3.jsonl" ] &&
	 cmp base/6.2.jsonl docs/k2.jsonl'
check "matrix: baselines hold" eval \
	'matrix 0 "${three[@]}" --baseline base --gate && [ "$(grep -c "^3 same, 0 slower" out)" = 3 ]'
cp -r base before
kernel k2 6.2 fake:x1.2@hook_run/xdp
check "matrix: slower than its baseline is said" eval \
	'matrix 0 "${three[@]}" --baseline base && grep -q "^hook_run/xdp .* slower$" out'
check "matrix: slower than its baseline is status 1 with --gate" eval \
	'matrix 1 "${three[@]}" --baseline base --save-baseline base --gate && [ "$(grep -c " 1 slower" out)" = 1 ]'
check "matrix: and is not saved" diff -r before base
check "matrix: without --gate it is" eval \
	'matrix 0 "${three[@]}" --baseline base --save-baseline base && cmp base/6.2.jsonl docs/k2.jsonl &&
	 ! cmp -s base/6.2.jsonl before/6.2.jsonl && cmp base/6.1.jsonl before/6.1.jsonl'
check "matrix: a run that failed, or was cut short, is not saved" eval \
	'matrix 1 -k bad -k cut --save-baseline base && [ "$(cd base && echo *)" = "6.1.jsonl 6.2.jsonl 6.3.jsonl" ]'
kernel evil ../evil fake
check "matrix: a release cannot leave the directory" eval \
	'matrix 1 -k evil --save-baseline base && grep -q "base: the run.s document names no kernel release" log && [ ! -e evil.jsonl ]'
check "matrix: no baseline of a kernel" eval \
	'matrix 2 -k k1 -k skips --baseline base && grep -q "looked for base/6.5.jsonl" log && grep -q "^3 same" out'

check "matrix: a document is compared with" matrix 0 -k k1 -k k3 --baseline docs/k1.jsonl
touch k1
rm -f boots
check "matrix: but not with itself" eval 'matrix 2 -k k1 -k k3 --baseline docs/k1.jsonl && booted &&
	 grep -q "k1 would write over the baseline docs/k1.jsonl" log && [ -s docs/k1.jsonl ]'

# ab STATUS TEXT ARGS...
ab() {
	local want=$1 text=$2 status=0
	shift 2
	"$vm" ab -q "${guest[@]}" --results ab -a "$cases" "$@" -- -q >out 2>&1 || status=$?
	cat out
	[ $status = "$want" ] && grep -qE -- "$text" out
}
check "ab: slower" ab 0 '^hook_run/xdp .* slower$' -k k1 -k k3
check "ab: slower fails with --gate" ab 1 ' 1 slower, 1 faster' -k k1 -k k3 --gate
check "ab: faster does not" ab 0 '^hook_run/xdp .* faster$' -k k3 -k k1 -a hook_run/xdp
# 0.5 %: of what user space repeats, boots with other seeds must show it, too.
export twice=hook_net/tc_ingress six="6.1 6.1 6.1 6.1 6.1 6.1 6.6 6.6 6.6 6.6 6.6 6.6"
kernel close 6.6 fake:x1.005@$twice,x1.005@hook_run/xdp
rm -f boots sizes
check "ab: what user space repeats and changed little is booted again, alone" eval \
	'ab 0 "^$twice .* slower$" -k k1 -k close -a $twice && booted $six &&
	 grep -q "^hook_run/xdp .* slower$" out && grep -q "^boots: 6 of A, 6 of B; 2 of 4 rows have fewer$" out &&
	 grep -q "seed.:6," ab/a/6.jsonl && grep -q $twice ab/b/6.jsonl && ! grep id.:.hook_run ab/?/[2-6].jsonl'
check "ab: with other seeds memory is taken, with the first none" \
	[ "$(sort -n sizes | awk '{ v[NR] = $1 } END { print NR, v[2] - v[1], v[12] - v[11], (v[3] - v[2] > 5e4), (v[12] - v[1] > 8e5) }')" = "12 0 0 1 1" ]
check "ab: a loop in the kernel is not" eval 'ab 0 " 1 slower, 0 faster" -k k1 -k close && booted 6.1 6.6'
check "ab: nor anything if so many boots were asked for" eval \
	'ab 0 "^$twice .* unresolved: where memory lies" -k k1 -k close -a $twice --runs 1 && booted 6.1 6.6'
check "ab: so many boots, each with a seed of its own" eval \
	'ab 0 "^boots: 2 of A, 2 of B$" -k k1 -k k3 --runs 2 && booted 6.1 6.1 6.3 6.3 &&
	 grep -q "seed.:2," ab/b/2.jsonl && grep -q hook_run/raw_tp ab/b/2.jsonl'
check "ab: seeds from the one that was given" eval \
	'"$vm" ab -q "${guest[@]}" --results ab -k k1 -k k3 --runs 2 -- -q -t hook_run/xdp --seed 7 >out 2>&1 &&
	 grep -q "seed.:7," ab/b/1.jsonl && grep -q "seed.:8," ab/b/2.jsonl'
kernel steep 6.6 fake:x1.004@chain_xdp/tail:depth=10
rm -f boots
check "ab: an open slope takes its points along" eval \
	'ab 0 "^chain_xdp/slope_tail .* slower$" -k k1 -k steep -a "chain_xdp/*tail*" && booted $six &&
	 [ "$(grep -c id.:.chain_xdp ab/b/6.jsonl)" = 4 ]'
kernel late 6.6 late:fake:x1.005@$twice
check "ab: the table of the first boots, if later ones fail" eval \
	'ab 12 "^$twice .* unresolved: where memory lies" -k k1 -k late -a $twice && grep -q "^bench_vm: boot 2 of late: " out'
rm -f boots
check "ab: a case that failed is status 1" ab 1 'fail in B' -k k1 -k bad
check "ab: nothing to compare" ab 4 'skip in A' -k none -k k1
rm -f boots
check "ab: outputs are looked at before anything boots" eval \
	'ab 2 "^nowhere/no/x: No such file" -k k1 -k k3 -o md:nowhere/no/x && ab 2 "unknown format" -k k1 -k k3 -o yaml:x &&
	 ab 2 "has no comparison" -k k1 -k k3 -o ktap && booted'
check "ab: an output that is full" ab 1 '^/dev/full: No space left' -k k1 -k k3 -o table:/dev/full
check "ab: no document" ab 12 '^bench_vm: boot 1 of dead: .*: no-boot: guest did not boot' -k k1 -k dead

# judge STATUS TEXT ARGS...: what bisect says of a tree whose build is the kernel of that name
export -f kernel
judge() {
	rm -rf tree && mkdir tree
	judge_next "$@"
}
judge_next() {
	local want=$1 text=$2 status=0
	shift 2
	"$vm" bisect -q "${guest[@]:0:4}" -k tree --results bisect --metric "$metric" "$@" >log 2>&1 || status=$?
	cat log
	[ $status = "$want" ] && grep -qF -- "$text" log
}
build() { echo "cp $work/$1 vmlinux"; }
metric=hook_run/xdp cases=hook_run/xdp
value() { sed -n '/"hook_run.xdp"/s/.*"net":{[^}]*"value":\([0-9.]*\).*/\1/p' "$1"; }
check "bisect: above the maximum is bad" judge 1 "bad: " --build "$(build k1)" --max 1
limit=$(value bisect/new.jsonl)
cp bisect/new.jsonl old.jsonl
check "bisect: at the maximum is good" judge 0 "good: $limit insn/op, at most $limit" --build "$(build k1)" --max "$limit"
check "bisect: more than the maximum is bad" judge 1 "bad: " --build "$(build k2)" --max "$limit"
check "bisect: not worse than itself" judge 0 "good: $limit -> $limit insn/op" --build "$(build k1)" --not-worse-than old.jsonl
check "bisect: worse than before" judge 1 "bad: $limit -> " --build "$(build k2)" --not-worse-than old.jsonl
kernel fast 6.1 fake:x0.9@hook_run/xdp
check "bisect: better than before" judge 0 "good: $limit -> " --build "$(build fast)" --not-worse-than old.jsonl
for limit in "--max 1000" "--not-worse-than old.jsonl"; do
	# shellcheck disable=SC2086
	check "bisect: a case that fails, $limit: 125" judge 125 "untested: no figure: " --build "$(build bad)" $limit
	# shellcheck disable=SC2086
	check "bisect: a case that is skipped, $limit: 125" judge 125 "untested: no figure: " --build "$(build skips)" $limit
done
check "bisect: no document: 125" judge 125 "untested: it gave no document: " --build "$(build dead)" --max 1000
check "bisect: no kernel: 125" judge 125 "untested: it gave no document: " --build 'cp "$BENCH_CONFIG" vmlinux' --max 1000
check "bisect: does not build: 125" judge 125 "untested: it does not build: oh" --build 'echo oh; false' --max 1000
check "bisect: of a build that fails the first error is said" judge 125 "untested: it does not build: a.c:1:2: error: no" \
	--build 'echo a.c: in f; echo "a.c:1:2: error: no"; echo "make: *** [a.o] Error 1"; false' --max 1000
check "bisect: or the command that is missing" judge 125 "nonesuch: " \
	--build 'nonesuch; echo "make: *** [a.c] Error 127"; false' --max 1000
# Without --build, in a tree whose older commits lack an option and build k2 for the want of it.
default_build() {
	rm -rf tree && mkdir tree && cat >tree/Makefile <<-'MAKE'
	.PHONY: vmlinux
	KCONFIG_CONFIG ?= .config
	lacks := $(shell cat lacks)
	allnoconfig: ; grep -v "$(lacks)" "$(KCONFIG_ALLCONFIG)" >"$(KCONFIG_CONFIG)"
	olddefconfig: ; sed -i "/$(lacks)/d" "$(KCONFIG_CONFIG)"
	modules: ; touch modules
	vmlinux: ; grep -q NETKIT "$(KCONFIG_CONFIG)" && cp ../k1 vmlinux || cp ../k2 vmlinux
	MAKE
}
commit() { echo "$1" >tree/lacks && judge_next "${@:2}" --max "$(value old.jsonl)"; }
default_build
check "bisect: the default build" eval 'commit nothing 0 "good: " && [ -e tree/modules ]'
check "bisect: of a commit that lacks an option" commit NETKIT 1 "bad: "
check "bisect: which the next commit has again" commit nothing 0 "good: "
default_build
check "bisect: a configuration of the tree's own" eval \
	'echo CONFIG_BPF=y >tree/.config && commit nothing 1 "bad: " && grep -qx CONFIG_BPF=y tree/.config &&
	 [ ! -e tree/modules ]'
# Ctrl-C in a build: all of it ends, git must not take it for a verdict, nor the next make what is
# half made for a kernel.
rm -rf tree pids && mkdir tree
printf 'vmlinux: ; echo half >vmlinux; sleep 300 & echo $$PPID $$$$ $$! >../pids; wait\n' >tree/Makefile
env --default-signal=INT "$vm" bisect -q --metric "$metric" --max 1 -k tree --results bisect \
	--build 'make vmlinux' 2>log &
pid=$!
for _ in $(seq 100); do [ -s pids ] || sleep 0.1; done
kill -INT $pid
# shellcheck disable=SC2046
check "bisect: SIGINT ends the build" ended $pid 130 $(cat pids)
check "bisect: and leaves no half of a kernel" [ ! -e tree/vmlinux ]
check "bisect: an interval across the maximum: 125" eval \
	'"$bp" run --exec fake --clock ns -q -a hook_run/xdp -o jsonl:ns.jsonl &&
	 judge 125 "untested: unresolved: " --build "$(build ns)" --max "$(value ns.jsonl)"'
check "bisect: another clock than before: 125" judge 125 "untested: it cannot be compared: " \
	--build "$(build ns)" --not-worse-than old.jsonl
kernel moved 6.1 fake:x1.02@hook_run/xdp:ns
check "bisect: a change that is not resolved: 125" judge 125 "untested: unresolved: " --build "$(build moved)" --not-worse-than ns.jsonl
"$bp" run --exec fake --clock insn -q -a $twice -o jsonl:twice.jsonl
metric=$twice
kernel far 6.1 fake:x1.05@$twice
check "bisect: what memory may make is good" judge 0 "good: 143 -> 143.74" --build "$(build close)" --not-worse-than twice.jsonl
check "bisect: what it cannot is bad" judge 1 "bad: 143 -> 150" --build "$(build far)" --not-worse-than twice.jsonl
metric=hook_run/xdp,jited
check "bisect: a size that is the same" judge 0 "good: " --build "$(build k2)" --not-worse-than old.jsonl
sed '/"hook_run.xdp"/s/"jited":{\([^}]*\)"value":[0-9]*/"jited":{\1"value":1/' old.jsonl >small.jsonl
check "bisect: a size that grew" judge 1 "bad: 1 -> " --build "$(build k1)" --not-worse-than small.jsonl
sed '/"hook_run.xdp"/s/"status":"ok"/"status":"fail","reason":"x"/' old.jsonl >failed.jsonl
# git stops only for 128 and more: what is wrong with the command must not be a commit's fault.
while read -r text wrong; do
	# shellcheck disable=SC2086
	check "bisect: stops for $wrong" eval \
		'"$vm" bisect --build true $wrong 2>log; [ $? -ge 128 ] && grep -qF -- "${text//_/ }" log'
done <<'WRONG'
a_number_is_wanted --metric hook_run/xdp --max x
FAMILY/CASE --metric nothing --max 1
no_metric_is_called --metric hook_run/xdp,nothing --max 1
/nonexistent --metric hook_run/xdp --not-worse-than /nonexistent
has_no_figure_of --metric hook_run/sched_cls --not-worse-than old.jsonl
has_no_figure_of --metric hook_run/xdp --not-worse-than failed.jsonl
one_of_--max --metric hook_run/xdp
one_of_--max --metric hook_run/xdp --max 1 --not-worse-than old.jsonl
source_tree --metric hook_run/xdp --max 1 -k qemu
no_QEMU_/none --metric hook_run/xdp --max 1 --qemu /none
WRONG
refuses "bisect: the default build is for x86" 128 "without --build is for x86 guests, not arm64" \
	"$vm" bisect --metric hook_run/xdp --max 1 --arch arm64
summary
