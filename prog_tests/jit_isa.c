// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <linux/bpf.h>
#include <linux/types.h>
#include "bench_family.h"
#include "jit_isa.skel.h"
#define ISA_MIX isa_native
static __u64 isa_native(__u64 seed);
#include "../progs/jit_isa.h"

#define SEED 12345

static int prepare(struct bench_run *r)
{
	struct jit_isa *skel = r->skel;

	if (strcmp(r->bench->name, "v4") || skel->rodata->isa_v4_compiled)
		return 0;
	return bench_fail(r, -EOPNOTSUPP, "-mcpu=v4: built by a compiler without it (clang 18 has "
			  "it)");
}

/* What tells the versions apart in the program as compiled, its function included. */
struct traits {
	bool less_than;		/* v2 */
	bool jmp32;		/* v3 */
	bool sign_extension;	/* v4 */
};

static struct traits read_traits(const struct bpf_program *prog)
{
	const struct bpf_insn *insn = bpf_program__insns(prog);
	const struct bpf_insn *end = insn + bpf_program__insn_cnt(prog);
	struct traits t = {};
	int class, op;

	for (; insn < end; insn++) {
		class = BPF_CLASS(insn->code);
		op = BPF_OP(insn->code);
		if (class == BPF_JMP || class == BPF_JMP32)
			t.less_than |= op == BPF_JLT || op == BPF_JLE || op == BPF_JSLT ||
				       op == BPF_JSLE;
		t.jmp32 |= class == BPF_JMP32;
		t.sign_extension |= (class == BPF_ALU || class == BPF_ALU64) && op == BPF_MOV &&
				    insn->off;
	}
	return t;
}

/* The program is of its version: it has what that brought, and nothing later. */
static int setup(struct bench_run *r)
{
	struct jit_isa *skel = r->skel;
	const struct traits t = read_traits(r->prog);
	int version;

	skel->bss->seed = SEED;
	if (r->bench->name[0] != 'v')
		return 0;
	version = r->bench->name[1] - '0';
	if (t.less_than == (version >= 2) && t.jmp32 == (version >= 3) &&
	    t.sign_extension == (version >= 4))
		return 0;
	return bench_fail(r, -EBADMSG, "not compiled as ISA %s: less-than %d, 32-bit jumps %d, "
			  "sign extension %d", r->bench->name, t.less_than, t.jmp32,
			  t.sign_extension);
}

static int before(struct bench_run *r)
{
	struct jit_isa *skel = r->skel;

	skel->bss->result = 0;
	return 0;
}

static int verify(struct bench_run *r)
{
	struct jit_isa *skel = r->skel;
	uint64_t want = strcmp(r->bench->name, "empty") ? isa_native(SEED) : SEED;

	if (skel->bss->result == want)
		return 0;
	return bench_fail(r, -EBADMSG, "computed %#llx, not %#llx",
			  (unsigned long long)skel->bss->result, (unsigned long long)want);
}

BENCH_FAMILY(jit_isa, .prepare = prepare, .setup = setup, .before = before, .verify = verify);
