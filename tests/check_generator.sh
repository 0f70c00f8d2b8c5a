#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The build's generator: what could only surprise later stops the build, in one line that names the
# file and the program. Declarations themselves: tests/test_bench.c.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. tests/lib.sh
gen=$(ls -t .output/*/host/gen_families | head -n 1)

# object FAMILY [FLAGS...]: $work/FAMILY.bpf.o of the source on stdin
object() {
	local family=$1
	shift
	{ echo '#include "bench.bpf.h"' && cat; } >"$work/$family.bpf.c"
	"${CLANG:-clang}" -target bpf -mcpu=v3 -O2 -fms-extensions -Wno-microsoft-anon-tag \
		-Ivmlinux -Iprogs "${@:--g}" -c "$work/$family.bpf.c" -o "$work/$family.bpf.o" ||
		not_ok "compiling $family"
}

# run FAMILY...: each with its user side
run() {
	local objects=("${@/%/.bpf.o}") sources=("${@/%/.c}")
	"$gen" "${objects[@]/#/$work/}" -- "${sources[@]/#/prog_tests/}"
}

# stops NAME TEXT FAMILY...
stops() { refuses "generator: $1" 1 "$2" run "${@:3}"; }

op='{ return i; }'
object good <<<"const volatile __u64 n; BENCH(p, __bench(\"x\") __param(\"n\", \"1,2\")) $op"
object quiet <<<'SEC("?raw_tp") int p(void *ctx) { return 0; }'
object bare <<<"BENCH(p, __ops(\"4\")) $op"
object empty <<<"BENCH(p, __bench(\"\")) $op"
object twice <<<"const volatile __u64 n; BENCH(p, __bench(\"x\") __param(\"n\", \"1,1\")) $op"
object dangling <<<"BENCH(p, __bench(\"x\") __baseline(\"good/q\")) $op"
object based <<<"BENCH(p, __bench(\"x\") __baseline(\"good/p:n=2\")) $op"
object itself <<<"BENCH(p, __bench(\"x\") __baseline(\"p\")) $op"
object unknown <<<"BENCH(p, __bench(\"x\") __bench_tag(\"colour=red\")) $op"
object needy <<<"BENCH(p, __bench(\"x\") __needs(\"bpf_lop\")) $op"
object again <<<"BENCH(p, __bench(\"x\") __ops(\"2\") __ops(\"4\")) $op"
object param <<<"const volatile __u64 n; BENCH(p, __bench(\"x\") __param(\"n\", \"1,x\")) $op"
object upper <<<"BENCH(Prog, __bench(\"x\")) $op"
object Family <<<"BENCH(p, __bench(\"x\")) $op"
object second <<<"BENCH(p, __bench(\"x\")) $op BENCH(q, __note(\"y\")) $op"
object nobtf -g0 <<<"BENCH(p, __bench(\"x\")) $op"
object many <<<"BENCH(p, __bench(\"x\")
	$(printf '__attribute__((btf_decl_tag("t%d"))) ' {1..40})) $op"

run good based >"$work/out" 2>"$work/err"
check "generator: good objects" test ! -s "$work/err"
check "generator: families in order" test "$(sed 1d "$work/out" | tr '\n' ' ')" = \
	"BENCH_FAMILY_NAME(good) BENCH_FAMILY_NAME(based) "
stops "no program with a tag" "progs/quiet.bpf.c: no program has a __bench() tag" quiet
stops "tags without a description" "progs/bare.bpf.c: program p: has tags but no __bench(" bare
stops "empty description" 'progs/empty.bpf.c: program p: bad or repeated tag "bench:desc' empty
stops "duplicate ID" "twice/p:n=1: declared twice" twice
stops "dangling baseline" 'dangling/p: baseline "good/q" does not exist' good dangling
stops "baseline of a family that is not there" 'based/p: baseline "good/p:n=2" does not' based
stops "its own baseline" "itself/p: is its own baseline" itself
stops "unknown tag" 'progs/unknown.bpf.c: program p: bad or repeated tag "bench:colour=red"' unknown
stops "repeated tag" 'progs/again.bpf.c: program p: bad or repeated tag "bench:ops=4"' again
stops "bad parameter" 'progs/param.bpf.c: program p: bad value "x" of parameter n' param
stops "name of a program" "progs/upper.bpf.c: program Prog: a name has only a-z" upper
stops "name of a family" 'program p: bad family name "Family"' Family
stops "second program" 'progs/second.bpf.c: program q: has tags but no __bench(' second
stops "object without BTF" "progs/nobtf.bpf.c: nobtf: object without BTF" nobtf
stops "too many tags" "progs/many.bpf.c: many: program p has too many tags" many
stops "a family twice" "good/p:n=1: declared twice" good good

refuses "generator: program file without user side" 1 \
	"progs/good.bpf.c: there is no prog_tests/good.c" "$gen" "$work/good.bpf.o" --
refuses "generator: user side without program file" 1 \
	"prog_tests/goods.c: there is no progs/goods.bpf.c" \
	"$gen" "$work/good.bpf.o" -- prog_tests/good.c prog_tests/goods.c
stops "a feature that is none" 'no feature "bpf_lop"' needy
refuses "generator: no arguments" 2 "usage: gen_families" "$gen"
refuses "generator: no --" 2 "usage: gen_families" "$gen" "$work/good.bpf.o"
refuses "generator: no object" 2 "usage: gen_families" "$gen" -- prog_tests/good.c
refuses "generator: full disk" 1 "No space left" \
	bash -c "'$gen' '$work/good.bpf.o' -- good.c >/dev/full"

# libbpf adds a line of its own to these.
echo text >"$work/noelf.bpf.o"
run noelf >/dev/null 2>"$work/err"
check "generator: no ELF file" grep -q "noelf.bpf.o: .*[Ii]nvalid" "$work/err"
run gone >/dev/null 2>"$work/err"
check "generator: no file" grep -q "^$work/gone.bpf.o: .*No such file" "$work/err"
run bare good param >/dev/null 2>"$work/err"
check "generator: every bad file is named" test "$(cut -d: -f1 "$work/err" | tr '\n' ' ')" = \
	"progs/bare.bpf.c progs/param.bpf.c "
summary
