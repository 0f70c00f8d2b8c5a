// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>
#include "bench_family.h"
#include "cgroup.h"
#include "core/verifier_log.h"
#include "net/attach.h"
#include "net/netns.h"
#include "verifier_prog.h"
#include "verifier_load.skel.h"

#define LOOPBACK 1		/* its ifindex in every namespace */
#define RINGBUF_SZ 65536
#define LOG_STATS 4		/* BPF_LOG_STATS */

/* What one slot loads, makes or attaches. */
struct subject {
	const struct action *action;
	struct verifier_prog source;
	struct verifier_stats stats;
	uint64_t load_ns;	/* of the load that had these */
	uint32_t xlated, jited, memory;
	int prog, target;	/* what is attached, and where; -1: nothing */
	struct cgroup cgroup;
	/* What the operations of a batch made. */
	int open[BENCH_MAX_KEPT], nr_open;
	void *skels[BENCH_MAX_KEPT];
	int nr_skels;
};

struct action {
	const char *name;
	/* Once a load: writes the program, of a size that @n says; what else is needed. */
	int (*emit)(struct verifier_prog *p, uint32_t n);
	int (*begin)(struct bench_run *r, struct subject *s);
	/* One operation: 0 or -errno. */
	int (*once)(const struct bench_run *r, struct subject *s);
	int (*verify)(struct bench_run *r, struct subject *s);
	uint32_t number;	/* map type, program type */
	uint32_t detail;	/* map flags, attach type */
};

static int load(const struct subject *s, enum bpf_prog_type type, struct bpf_prog_load_opts *opts)
{
	if (s->source.btf) {
		opts->prog_btf_fd = btf__fd(s->source.btf);
		opts->func_info = s->source.funcs;
		opts->func_info_cnt = s->source.nr_funcs;
		opts->func_info_rec_size = sizeof(s->source.funcs[0]);
	}
	return bpf_prog_load(type, "bench", "GPL", s->source.code.v, s->source.code.nr, opts);
}

/* To be closed behind the batch. */
static int keep_open(struct subject *s, int fd)
{
	if (fd >= 0)
		s->open[s->nr_open++] = fd;
	return fd < 0 ? fd : 0;
}

static int load_once(const struct bench_run *r, struct subject *s)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);

	(void)r;
	return keep_open(s, load(s, BPF_PROG_TYPE_SCHED_CLS, &opts));
}

/* What the kernel charged for the program itself, its machine code not included. */
static int read_memory(int fd, uint32_t *bytes)
{
	char path[64], line[128];
	FILE *f;
	int found = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "memlock: %u", bytes) == 1;
	fclose(f);
	return found ? 0 : -ENODATA;
}

/* Loads it once more, with the verifier's statistics, and checks them. */
static int load_verify(struct bench_run *r, struct subject *s)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	char log[4096] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_level = LOG_STATS, .log_buf = log,
		    .log_size = sizeof(log));
	uint64_t start = bench_now_ns();
	int fd = load(s, BPF_PROG_TYPE_SCHED_CLS, &opts), err;

	s->load_ns = bench_now_ns() - start;
	if (fd < 0)
		return bench_fail(r, fd, "does not load: %s", strerror(-fd));
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	err = err ?: read_memory(fd, &s->memory);
	close(fd);
	if (err)
		return bench_fail(r, err, "cannot ask for the program: %s", strerror(-err));
	s->xlated = info.xlated_prog_len;
	s->jited = info.jited_prog_len;
	if (!verifier_log_stats(log, sizeof(log), &s->stats) || !s->stats.insns.has)
		return bench_fail(r, -EBADMSG, "no statistics in the verifier's log");
	if (s->stats.insns.value < s->source.least || s->stats.insns.value > s->source.most)
		return bench_fail(r, -EBADMSG,
				  "the verifier walked %llu instructions, not %llu to %llu",
				  (unsigned long long)s->stats.insns.value,
				  (unsigned long long)s->source.least,
				  (unsigned long long)s->source.most);
	if (!s->jited)
		return bench_fail(r, -EBADMSG, "the program has no machine code");
	return 0;
}

/* 4-byte keys; an LPM_TRIE has the length of the prefix in front. */
static int create(const struct bench_run *r, const struct subject *s)
{
	const struct action *a = s->action;
	bool is_trie = a->number == BPF_MAP_TYPE_LPM_TRIE;
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = a->detail);

	if (a->number == BPF_MAP_TYPE_RINGBUF)
		return bpf_map_create(a->number, "bench", 0, 0, RINGBUF_SZ, &opts);
	return bpf_map_create(a->number, "bench", is_trie ? 8 : 4, 8,
			      bench_run_param(r, "entries"), &opts);
}

static int create_once(const struct bench_run *r, struct subject *s)
{
	return keep_open(s, create(r, s));
}

static int create_verify(struct bench_run *r, struct subject *s)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int fd = create(r, s), err;

	if (fd < 0)
		return bench_fail(r, fd, "cannot be made: %s", strerror(-fd));
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	err = err ?: read_memory(fd, &s->memory);
	close(fd);
	if (err || info.type != s->action->number)
		return bench_fail(r, err ? err : -EBADMSG, "a map of type %u was made, not %u",
				  info.type, s->action->number);
	return 0;
}

/* Loads the two instructions as a program of the type to be attached. */
static int begin_attach(struct bench_run *r, struct subject *s)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	struct insn_buf *b = &s->source.code;
	int id;

	insn_add(b, insn_set(BPF_REG_0, s->action->number == BPF_PROG_TYPE_CGROUP_SKB));
	insn_add(b, insn_exit());
	if (b->err)
		return b->err;
	if (s->action->number == BPF_PROG_TYPE_TRACING) {
		id = libbpf_find_vmlinux_btf_id("bpf_fentry_test1", s->action->detail);
		if (id < 0)
			return bench_fail(r, id, "no BTF of bpf_fentry_test1");
		opts.attach_btf_id = id;
	}
	if (s->action->number != BPF_PROG_TYPE_RAW_TRACEPOINT)
		opts.expected_attach_type = s->action->detail;
	s->prog = load(s, s->action->number, &opts);
	return s->prog < 0 ? bench_fail(r, s->prog, "does not load: %s", strerror(-s->prog)) : 0;
}

/* In a namespace of its own, so that no packet of this machine meets the program. */
static int begin_attach_net(struct bench_run *r, struct subject *s)
{
	int err;

	if (!r->load) {
		err = netns_private();
		if (err)
			return bench_fail(r, err, "no network namespace: %s", strerror(-err));
	}
	err = begin_attach(r, s);
	if (err)
		return err;
	s->target = s->action->number == BPF_PROG_TYPE_SK_LOOKUP ? netns_current() : LOOPBACK;
	return s->target < 0 ? s->target : 0;
}

static int begin_attach_cgroup(struct bench_run *r, struct subject *s)
{
	int err = begin_attach(r, s);

	if (err)
		return err;
	err = cgroup_make(&s->cgroup, "attach", r->err, sizeof(r->err));
	s->target = err ? -1 : s->cgroup.fd;
	return err;
}

static int attach(const struct subject *s)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);

	switch (s->action->number) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		return bpf_raw_tracepoint_open("task_rename", s->prog);
	case BPF_PROG_TYPE_TRACING:
		return bpf_raw_tracepoint_open(NULL, s->prog);
	case BPF_PROG_TYPE_SCHED_CLS:
		return net_link_create(s->prog, s->target, s->action->detail);
	case BPF_PROG_TYPE_XDP:
		opts.flags = XDP_FLAGS_SKB_MODE;
		/* fall through */
	default:
		return bpf_link_create(s->prog, s->target, s->action->detail, &opts);
	}
}

static int attach_once(const struct bench_run *r, struct subject *s)
{
	int link = attach(s);

	(void)r;
	return link < 0 ? link : close(link);
}

/* The link leads to this program, and is gone when it is closed. */
static int attach_verify(struct bench_run *r, struct subject *s)
{
	struct bpf_prog_info prog = {};
	struct bpf_link_info info = {};
	__u32 len = sizeof(info), prog_len = sizeof(prog);
	int link = attach(s), err;

	if (link < 0)
		return bench_fail(r, link, "does not attach: %s", strerror(-link));
	err = bpf_obj_get_info_by_fd(link, &info, &len);
	err = err ?: bpf_obj_get_info_by_fd(s->prog, &prog, &prog_len);
	close(link);
	if (err || info.prog_id != prog.id)
		return bench_fail(r, err ? err : -EBADMSG, "program %u is attached, not %u",
				  info.prog_id, prog.id);
	link = bpf_link_get_fd_by_id(info.id);
	if (link >= 0)
		close(link);
	if (link != -ENOENT)
		return bench_fail(r, -EBADMSG, "link %u is still there", info.id);
	return 0;
}

/* As early as the system call can fail that makes a map. */
static int refused_once(const struct bench_run *r, struct subject *s)
{
	int fd;

	(void)r;
	(void)s;
	fd = bpf_map_create((enum bpf_map_type)-1, NULL, 4, 4, 1, NULL);
	if (fd >= 0)
		close(fd);
	return fd == -EINVAL ? 0 : fd < 0 ? fd : -EBADMSG;
}

static void *open_skeleton(const struct bench_run *r)
{
	struct bpf_program *prog;
	void *skel = r->family->open();

	if (!skel)
		return NULL;
	prog = bpf_object__find_program_by_name(r->family->object(skel), "loaded");
	if (prog && !bpf_program__set_autoload(prog, true))
		return skel;
	r->family->destroy(skel);
	return NULL;
}

static int skeleton_open_once(const struct bench_run *r, struct subject *s)
{
	void *skel = open_skeleton(r);

	if (!skel)
		return -ENOMEM;
	s->skels[s->nr_skels++] = skel;
	return 0;
}

static int skeleton_load_once(const struct bench_run *r, struct subject *s)
{
	int err = skeleton_open_once(r, s);

	return err ?: r->family->load(s->skels[s->nr_skels - 1]);
}

/* A loaded program has a descriptor. */
static int skeleton_verify(struct bench_run *r, struct subject *s)
{
	struct verifier_load *skel = open_skeleton(r);
	int err = skel ? r->family->load(skel) : -ENOMEM;

	(void)s;
	if (!err && bpf_program__fd(skel->progs.loaded) < 0)
		err = -EBADMSG;
	r->family->destroy(skel);
	return err ? bench_fail(r, err, "the skeleton does not load: %s", strerror(-err)) : 0;
}

#define LOAD(name)		{ #name, verifier_emit_##name, NULL, load_once, load_verify, 0, 0 }
#define LOAD_LARGE(name)	\
	{ "large_" #name, verifier_emit_##name, NULL, load_once, load_verify, 0, 0 }
#define CREATE(name, type, flags)	\
	{ "create_" name, NULL, NULL, create_once, create_verify, BPF_MAP_TYPE_##type, flags }
#define ATTACH(name, begin, type, attach_type)	\
	{ "attach_" name, NULL, begin, attach_once, attach_verify, BPF_PROG_TYPE_##type, \
	  attach_type }

static const struct action actions[] = {
	{ "refused_call", NULL, NULL, refused_once, NULL, 0, 0 },
	LOAD(empty),
	LOAD(straight_line),
	LOAD(branches),
	LOAD(many_states),
	LOAD(bounded_loop),
	LOAD(callback_loop),
	LOAD(static_subprog),
	LOAD(global_func),
	LOAD_LARGE(straight_line),
	LOAD_LARGE(branches),
	LOAD_LARGE(many_states),
	LOAD_LARGE(bounded_loop),
	CREATE("array", ARRAY, 0),
	CREATE("percpu_array", PERCPU_ARRAY, 0),
	CREATE("hash", HASH, BPF_F_ZERO_SEED),
	CREATE("hash_no_prealloc", HASH, BPF_F_ZERO_SEED | BPF_F_NO_PREALLOC),
	CREATE("lru_hash", LRU_HASH, BPF_F_ZERO_SEED),
	CREATE("lpm_trie", LPM_TRIE, BPF_F_NO_PREALLOC),
	CREATE("ringbuf", RINGBUF, 0),
	ATTACH("raw_tp", begin_attach, RAW_TRACEPOINT, 0),
	ATTACH("fentry", begin_attach, TRACING, BPF_TRACE_FENTRY),
	ATTACH("cgroup_skb", begin_attach_cgroup, CGROUP_SKB, BPF_CGROUP_INET_EGRESS),
	ATTACH("sk_lookup", begin_attach_net, SK_LOOKUP, BPF_SK_LOOKUP),
	ATTACH("xdp", begin_attach_net, XDP, BPF_XDP),
	ATTACH("tcx", begin_attach_net, SCHED_CLS, ATTACH_TCX_INGRESS),
	{ "skeleton_open", NULL, NULL, skeleton_open_once, NULL, 0, 0 },
	{ "skeleton_load", NULL, NULL, skeleton_load_once, skeleton_verify, 0, 0 },
};

static int setup(struct bench_run *r)
{
	struct subject *s = calloc(1, sizeof(*s));
	size_t i;
	int err;

	if (!s)
		return -ENOMEM;
	s->prog = s->target = -1;
	r->priv = s;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].name, r->bench->name))
			s->action = &actions[i];
	if (!s->action)
		return bench_fail(r, -ENOENT, "nothing is known of this case");
	err = s->action->emit ? s->action->emit(&s->source, r->bench->params[0].value) : 0;
	return err ?: s->action->begin ? s->action->begin(r, s) : 0;
}

/* Undoes what the operations made. */
static void close_all(struct bench_run *r)
{
	struct subject *s = r->priv;

	while (s->nr_open)
		close(s->open[--s->nr_open]);
	while (s->nr_skels)
		r->family->destroy(s->skels[--s->nr_skels]);
}

static void unload(struct bench_run *r)
{
	struct subject *s = r->priv;

	if (!s)
		return;
	close_all(r);
	r->priv = NULL;
	if (s->prog >= 0)
		close(s->prog);
	if (s->action && s->action->number == BPF_PROG_TYPE_SK_LOOKUP && s->target >= 0)
		close(s->target);
	cgroup_remove(&s->cgroup);
	verifier_prog__free(&s->source);
	free(s);
}

static int once(struct bench_run *r)
{
	struct subject *s = r->priv;

	return s->action->once(r, s);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	int err = bench_run_each(r, ops, b, once, close_all);

	return err ? bench_fail(r, err, "%s: %s", r->bench->id, strerror(-err)) : 0;
}

static int verify(struct bench_run *r)
{
	struct subject *s = r->priv;

	return s->action->verify ? s->action->verify(r, s) : 0;
}

static int report_stat(struct bench_run *r, const char *metric, struct verifier_stat stat)
{
	return stat.has ? bench_report(r, metric, stat.value) : 0;
}

static int report(struct bench_run *r)
{
	const struct subject *s = r->priv;
	const struct verifier_stats *v = &s->stats;
	double verify_ns = v->time_us.value * 1000.0;
	int err = 0;

	if (s->memory)
		err = bench_report(r, "memory", s->memory);
	if (!v->insns.has)
		return err;
	err = err ?: bench_report(r, "xlated", s->xlated);
	err = err ?: bench_report(r, "jited", s->jited);
	err = err ?: report_stat(r, "verified_insns", v->insns);
	err = err ?: report_stat(r, "total_states", v->total_states);
	err = err ?: report_stat(r, "peak_states", v->peak_states);
	err = err ?: report_stat(r, "max_states_per_insn", v->max_states_per_insn);
	err = err ?: report_stat(r, "stack_depth", v->stack_sum);
	if (err || !v->time_us.has)
		return err;
	err = bench_report(r, "verify_time", verify_ns);
	err = err ?: bench_report(r, "verify_time_per_insn", verify_ns / v->insns.value);
	return err ?: bench_report(r, "jit_time", s->load_ns - verify_ns);
}

BENCH_FAMILY(verifier_load, .setup = setup, .unload = unload, .run = run, .verify = verify,
	     .report = report);
