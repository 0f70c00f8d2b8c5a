// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>
#include "bench_family.h"
#include "core/verifier_log.h"
#include "insn_buf.h"
#include "verifier_reject.skel.h"

#define FRAME_MAX 512		/* MAX_BPF_STACK */
#define VALUE_SZ 8
#define NO_HELPER 100000
#define NR_FRAMES 17		/* up to 6.18 there may be 8, with 7.3 9 are accepted */
#define LOG_SZ (4 << 20)

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif

/* What is wrong with a program. */
struct flaw {
	const char *name;
	void (*emit)(struct insn_buf *b, const struct bench_run *r, int map);
	int err, other_err;		/* what the load fails with; the latter on some kernels */
	/* In the verifier's line; the words that releases from 5.10 to 7.3 have in common. */
	const char *reason;
	enum bpf_map_type map;		/* one that the program uses */
	bool is_without_perfmon;	/* CAP_PERFMON may do it */
};

struct subject {
	const struct flaw *flaw;
	struct insn_buf code;
	int map;			/* -1: none */
};

static void emit_end(struct insn_buf *b)
{
	insn_add(b, insn_set(BPF_REG_0, 0));
	insn_add(b, insn_exit());
}

#define EMIT(name) \
	static void emit_##name(struct insn_buf *b, \
				const struct bench_run *r __attribute__((unused)), \
				int map __attribute__((unused)))

EMIT(nothing)
{
	(void)b;
}

EMIT(unreachable)
{
	emit_end(b);
	emit_end(b);
}

EMIT(unset_register)
{
	insn_add(b, insn_move(BPF_REG_0, BPF_REG_2));
	insn_add(b, insn_exit());
}

EMIT(unset_stack)
{
	insn_add(b, insn_load(BPF_DW, BPF_REG_0, BPF_REG_10, -8));
	insn_add(b, insn_exit());
}

EMIT(outside_stack)
{
	insn_add(b, insn_store_imm(BPF_DW, BPF_REG_10, 0, 0));
	emit_end(b);
}

/* r0 = value of key 0, or NULL; r1 the map, when it is one. */
static void emit_lookup(struct insn_buf *b, int map)
{
	insn_add(b, insn_store_imm(BPF_W, BPF_REG_10, -4, 0));
	insn_add(b, insn_move(BPF_REG_2, BPF_REG_10));
	insn_add(b, insn_alu(BPF_ADD, BPF_REG_2, -4));
	if (map >= 0)
		insn_add_map(b, BPF_REG_1, map);
	insn_add(b, insn_helper(BPF_FUNC_map_lookup_elem));
}

EMIT(outside_value)
{
	emit_lookup(b, map);
	insn_add(b, insn_jump_if(BPF_JEQ, BPF_REG_0, 0, 1));
	insn_add(b, insn_load(BPF_DW, BPF_REG_0, BPF_REG_0, VALUE_SZ));
	emit_end(b);
}

EMIT(null_value)
{
	emit_lookup(b, map);
	insn_add(b, insn_load(BPF_DW, BPF_REG_0, BPF_REG_0, 0));
	insn_add(b, insn_exit());
}

EMIT(outside_packet)
{
	insn_add(b, insn_load(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct __sk_buff, data)));
	insn_add(b, insn_load(BPF_B, BPF_REG_0, BPF_REG_2, 0));
	insn_add(b, insn_exit());
}

EMIT(outside_context)
{
	insn_add(b, insn_load(BPF_W, BPF_REG_0, BPF_REG_1, 4096));
	insn_add(b, insn_exit());
}

EMIT(leaked_pointer)
{
	insn_add(b, insn_move(BPF_REG_0, BPF_REG_10));
	insn_add(b, insn_exit());
}

EMIT(wrong_argument)
{
	emit_lookup(b, -1);
	emit_end(b);
}

EMIT(unknown_helper)
{
	insn_add(b, insn_helper(NO_HELPER));
	emit_end(b);
}

EMIT(lost_reference)
{
	insn_add_map(b, BPF_REG_1, map);
	insn_add(b, insn_set(BPF_REG_2, VALUE_SZ));
	insn_add(b, insn_set(BPF_REG_3, 0));
	insn_add(b, insn_helper(BPF_FUNC_ringbuf_reserve));
	emit_end(b);
}

EMIT(zero_divisor)
{
	insn_add(b, insn_set(BPF_REG_0, 1));
	insn_add(b, insn_alu(BPF_DIV, BPF_REG_0, 0));
	insn_add(b, insn_exit());
}

/* It might end, but a second round finds the verifier in the state of the first. */
EMIT(endless_loop)
{
	insn_add(b, insn_load(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct __sk_buff, mark)));
	insn_add(b, insn_jump_if(BPF_JGT, BPF_REG_2, 5, 1));
	insn_add(b, insn_jump(-3));
	emit_end(b);
}

EMIT(deep_stack)
{
	insn_add(b, insn_store_imm(BPF_DW, BPF_REG_10, -FRAME_MAX, 0));
	insn_add_call(b, 3);
	insn_add(b, insn_exit());
	insn_add(b, insn_store_imm(BPF_DW, BPF_REG_10, -FRAME_MAX, 0));
	emit_end(b);
}

/* Each function is a call of the next, and an exit. */
EMIT(deep_calls)
{
	for (int i = 1; i < NR_FRAMES; i++) {
		insn_add_call(b, 2 * i);
		insn_add(b, insn_exit());
	}
	emit_end(b);
}

EMIT(too_complex)
{
	for (uint32_t i = 0; i < bench_run_param(r, "jumps"); i++) {
		insn_add(b, insn_load(BPF_W, BPF_REG_2, BPF_REG_1,
				      offsetof(struct __sk_buff, mark)));
		insn_add(b, insn_jump_if(BPF_JGT, BPF_REG_2, i, 0));
	}
	emit_end(b);
}

static const struct flaw flaws[] = {
	{ "refused_call", emit_nothing, -E2BIG, 0, NULL, 0, false },
	{ "unreachable", emit_unreachable, -EINVAL, 0, "unreachable insn", 0, false },
	{ "unset_register", emit_unset_register, -EACCES, 0, "!read_ok", 0, false },
	{ "unset_stack", emit_unset_stack, -EACCES, 0, "invalid read from stack", 0, true },
	{ "outside_stack", emit_outside_stack, -EACCES, 0, "invalid write to stack", 0, false },
	{ "outside_value", emit_outside_value, -EACCES, 0, "outside of the allowed memory range",
	  BPF_MAP_TYPE_HASH, false },
	{ "outside_packet", emit_outside_packet, -EACCES, 0, "is outside of the ", 0, false },
	{ "outside_context", emit_outside_context, -EACCES, 0, "invalid bpf_context access", 0,
	  false },
	{ "null_value", emit_null_value, -EACCES, 0, "invalid mem access 'map_value_or_null'",
	  BPF_MAP_TYPE_HASH, false },
	{ "leaked_pointer", emit_leaked_pointer, -EACCES, 0, "leaks addr as return value", 0,
	  true },
	{ "wrong_argument", emit_wrong_argument, -EACCES, 0, "expected=map_ptr", 0, false },
	{ "unknown_helper", emit_unknown_helper, -EINVAL, 0, "invalid func unknown#", 0, false },
	{ "lost_reference", emit_lost_reference, -EINVAL, 0, "reference", BPF_MAP_TYPE_RINGBUF,
	  false },
	{ "zero_divisor", emit_zero_divisor, -EINVAL, 0, "div by zero", 0, false },
	{ "endless_loop", emit_endless_loop, -EINVAL, 0, "infinite loop detected", 0, false },
	{ "deep_stack", emit_deep_stack, -EACCES, 0, "combined stack size", 0, false },
	{ "deep_calls", emit_deep_calls, -E2BIG, 0, "frames is too deep", 0, false },
	/* Up to 6.18 the error of the allocation that does not come. */
	{ "too_complex", emit_too_complex, -E2BIG, -EFAULT, "jumps is too complex", 0, false },
};

/* Did a load fail as it must? */
static bool is_expected(const struct flaw *f, int err)
{
	return err && (err == f->err || err == f->other_err);
}

static int create_map(enum bpf_map_type type)
{
	if (type == BPF_MAP_TYPE_RINGBUF)
		return bpf_map_create(type, "bench", 0, 0, 4096, NULL);
	return bpf_map_create(type, "bench", 4, VALUE_SZ, 1, NULL);
}

static int setup(struct bench_run *r)
{
	struct subject *s = calloc(1, sizeof(*s));
	size_t i;

	if (!s)
		return -ENOMEM;
	s->map = -1;
	r->priv = s;
	for (i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++)
		if (!strcmp(flaws[i].name, r->bench->name))
			s->flaw = &flaws[i];
	if (!s->flaw)
		return bench_fail(r, -ENOENT, "nothing is known of this case");
	if (s->flaw->map) {
		s->map = create_map(s->flaw->map);
		if (s->map < 0)
			return bench_fail(r, s->map, "cannot make its map: %s", strerror(-s->map));
	}
	s->flaw->emit(&s->code, r, s->map);
	return s->code.err;
}

static void unload(struct bench_run *r)
{
	struct subject *s = r->priv;

	if (!s)
		return;
	if (s->map >= 0)
		close(s->map);
	insn_buf__free(&s->code);
	free(s);
	r->priv = NULL;
}

/* CAP_PERFMON, and CAP_SYS_ADMIN which implies it, come back with the same call. */
static int set_perfmon(bool is_on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};
	const int caps[] = { CAP_PERFMON, CAP_SYS_ADMIN };

	if (syscall(SYS_capget, &header, data))
		return -errno;
	for (int i = 0; i < 2; i++) {
		struct __user_cap_data_struct *d = &data[caps[i] / 32];
		__u32 bit = 1u << caps[i] % 32;

		d->effective = is_on ? d->effective | (d->permitted & bit) : d->effective & ~bit;
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static int load(const struct subject *s, struct bpf_prog_load_opts *opts)
{
	static const struct bpf_insn none;
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "bench", "GPL", s->code.v ?: &none,
			       s->code.nr, opts);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* 0 when the load fails as it must. */
static int once(struct bench_run *r)
{
	const struct subject *s = r->priv;
	int err = load(s, NULL);

	return is_expected(s->flaw, err) ? 0 : err ? err : -EBADMSG;
}

static void undo(struct bench_run *r)
{
	(void)r;
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	const struct subject *s = r->priv;
	int err = 0, back;

	if (s->flaw->is_without_perfmon)
		err = set_perfmon(false);
	if (err)
		return bench_fail(r, err, "cannot do without CAP_PERFMON: %s", strerror(-err));
	err = bench_run_each(r, ops, b, once, undo);
	back = s->flaw->is_without_perfmon ? set_perfmon(true) : 0;
	if (err == -EBADMSG)
		return bench_fail(r, err, "the verifier accepted it");
	if (err)
		return bench_fail(r, err, "refused with \"%s\", not \"%s\"", strerror(-err),
				  strerror(-s->flaw->err));
	if (back)
		return bench_fail(r, back, "CAP_PERFMON does not come back: %s", strerror(-back));
	return 0;
}

static int verify_reason(struct bench_run *r, const struct subject *s, char *log)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_level = 1, .log_buf = log, .log_size = LOG_SZ);
	char reason[128] = "";
	int err;

	err = load(s, &opts);
	if (!is_expected(s->flaw, err))
		return bench_fail(r, err ? err : -EBADMSG, "with a log it is refused with \"%s\"",
				  strerror(-err));
	if (!verifier_log_reason(log, LOG_SZ, reason, sizeof(reason)) ||
	    !strstr(reason, s->flaw->reason))
		return bench_fail(r, -EBADMSG, "refused because \"%s\", not \"%s\"", reason,
				  s->flaw->reason);
	return 0;
}

static int verify(struct bench_run *r)
{
	const struct subject *s = r->priv;
	char *log;
	int err = 0;

	if (!s->flaw->reason)
		return 0;
	log = malloc(LOG_SZ);
	if (!log)
		return -ENOMEM;
	log[0] = '\0';
	if (s->flaw->is_without_perfmon)
		err = set_perfmon(false);
	err = err ?: verify_reason(r, s, log);
	if (s->flaw->is_without_perfmon)
		set_perfmon(true);
	free(log);
	return err;
}

BENCH_FAMILY(verifier_reject, .setup = setup, .unload = unload, .run = run, .verify = verify);
