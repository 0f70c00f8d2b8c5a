// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "feature.h"
#include "trace.h"
/* The generator, a tool of the build, needs the names alone. */
#ifdef FEATURE_NAMES_ONLY
#define net_has_veth() 0
#define net_has_clsact() 0
#define net_has_tcx() 0
#define net_has_netkit() 0
#define net_has_netfilter_link() 0
#define net_has_live_frames() 0
#else
#include "net/attach.h"
#endif
#include "vm/guest.h"

int open_cloexec(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

int read_text(const char *path, char *buf, size_t sz)
{
	int fd = open_cloexec(path), err;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, sz - 1);
	err = len < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	buf[len] = '\0';
	if (len && buf[len - 1] == '\n')
		buf[len - 1] = '\0';
	return 0;
}

static int probe_file(const struct feature *f, char *why, size_t why_sz)
{
	if (!access(f->what, R_OK))
		return 1;
	snprintf(why, why_sz, "%s: %s", f->what, strerror(errno));
	return 0;
}

/* Whether there is machine code of a program. */
static int probe_jited(char *why, size_t why_sz)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "probe", "GPL", insns, 2, NULL);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int err;

	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	if (err || info.jited_prog_len)
		return err ?: 1;
	snprintf(why, why_sz, "off (the sysctl is not to be seen from this network namespace)");
	return 0;
}

static int probe_jit(const struct feature *f, char *why, size_t why_sz)
{
	char buf[16];
	int err = read_text(f->what, buf, sizeof(buf));

	/* A container's network namespace does not have it. */
	if (err == -ENOENT)
		return probe_jited(why, why_sz);
	if (err)
		return err;
	if (strcmp(buf, "0"))
		return 1;
	snprintf(why, why_sz, "off (sysctl net.core.bpf_jit_enable=1 switches it on)");
	return 0;
}

static int probe_bpf_stats(const struct feature *f, char *why, size_t why_sz)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	(void)f;
	(void)why;
	(void)why_sz;
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 1 : fd == -EINVAL ? 0 : fd;
}

static int probe_helper(const struct feature *f, char *why, size_t why_sz)
{
	(void)why;
	(void)why_sz;
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, f->number, NULL);
}

static int probe_prog(const struct feature *f, char *why, size_t why_sz)
{
	(void)why;
	(void)why_sz;
	return libbpf_probe_bpf_prog_type(f->number, NULL);
}

/* Before 6.1 a test run gave back whether the program said BPF_OK, not what it said. */
static int probe_flow_dissector(const struct feature *f, char *why, size_t why_sz)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = BPF_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	unsigned char frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));
	int fd = bpf_prog_load(f->number, "probe", "GPL", insns, sizeof(insns) / sizeof(insns[0]),
			       NULL);
	int err;

	if (fd < 0)
		return fd == -EINVAL ? 0 : fd;
	err = bpf_prog_test_run_opts(fd, &run);
	close(fd);
	if (err)
		return err;
	if (run.retval != BPF_DROP)
		snprintf(why, why_sz, "its test run does not return what the program does");
	return run.retval == BPF_DROP;
}

/* Whether the verifier knows these instructions. */
static int probe_insns(const struct bpf_insn *insns, size_t nr)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "probe", "GPL", insns, nr, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 1 : fd == -EINVAL ? 0 : fd;
}

/* Before 5.12 there was addition, and its result was not to be had. */
static int probe_atomics(const struct feature *f, char *why, size_t why_sz)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_0,
		  .off = -8 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_10,
		  .src_reg = BPF_REG_0, .off = -8, .imm = BPF_ADD | BPF_FETCH },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	(void)f;
	(void)why;
	(void)why_sz;
	return probe_insns(insns, sizeof(insns) / sizeof(insns[0]));
}

static int probe_map(const struct feature *f, char *why, size_t why_sz)
{
	(void)why;
	(void)why_sz;
	return libbpf_probe_bpf_map_type(f->number, NULL);
}

/* libbpf 1.1 knows nothing of arenas: one page, mapped nowhere. */
static int probe_arena(const struct feature *f, char *why, size_t why_sz)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(f->number, "probe", 0, 0, 1, &opts);

	(void)why;
	(void)why_sz;
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 1 : fd == -EINVAL || fd == -EOPNOTSUPP ? 0 : fd;
}

/*
 * kmalloc_nolock(), with which kernels since 6.18 allocate for BPF programs (arenas and local
 * storages follow in later releases), gives nothing on an x86 CPU without it.
 */
static int probe_cpu_flag(const struct feature *f, char *why, size_t why_sz)
{
	char buf[8192], flag[32], *flags;
	int err = read_text("/proc/cpuinfo", buf, sizeof(buf));

	if (err)
		return err;
	flags = strstr(buf, "\nflags");
	if (!flags)
		return 1;
	flags[strcspn(flags + 1, "\n") + 1] = '\0';
	snprintf(flag, sizeof(flag), " %s", f->what);
	if (strstr(flags, flag))
		return 1;
	snprintf(why, why_sz, "this CPU does not have it, and kmalloc_nolock() fails without");
	return 0;
}

/* A kfunc, or the function behind a kind of link: only kernels that have it describe it. */
static int probe_function(const struct feature *f, char *why, size_t why_sz)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id;

	(void)why;
	(void)why_sz;
	if (!btf)
		return -errno;
	id = btf__find_by_name_kind(btf, f->what, BTF_KIND_FUNC);
	btf__free(btf);
	return id > 0 ? 1 : id == -ENOENT ? 0 : id;
}

#define NET_PROBE(name)								\
static int probe_##name(const struct feature *f, char *why, size_t why_sz)	\
{										\
	(void)f;								\
	(void)why;								\
	(void)why_sz;								\
	return net_has_##name();						\
}
NET_PROBE(veth)
NET_PROBE(clsact)
NET_PROBE(tcx)
NET_PROBE(netkit)
NET_PROBE(netfilter_link)
NET_PROBE(live_frames)

/* Its kfuncs are there when the module is, and the kernel took its BTF. */
static int probe_kmod(const struct feature *f, char *why, size_t why_sz)
{
	FILE *file = fopen("/sys/kernel/btf/bench_kmod", "re");
	size_t cap = 0, name_len = strlen(f->what);
	char *text = NULL;
	bool is_there = false;
	ssize_t len;

	if (!file && errno != ENOENT)
		return -errno;
	if (!file) {
		if (read_text(GUEST_KMOD, why, why_sz))
			snprintf(why, why_sz, "not loaded (runner/kmod/build.sh makes it, insmod "
				 "loads it)");
		return 0;
	}
	/* The names are in it as they are, each with its NUL; what stands before may be numbers. */
	while (!is_there && (len = getdelim(&text, &cap, 0, file)) > 0)
		is_there = len > (ssize_t)name_len && !strcmp(text + len - 1 - name_len, f->what);
	free(text);
	fclose(file);
	if (is_there)
		return 1;
	snprintf(why, why_sz, "bench_kmod is loaded, but has no %s(): it is an older one", f->what);
	return 0;
}

/* By one of its instructions: r0 = (s8)r0. */
static int probe_isa_v4(const struct feature *f, char *why, size_t why_sz)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .off = 8 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	(void)f;
	(void)why;
	(void)why_sz;
	return probe_insns(insns, sizeof(insns) / sizeof(insns[0]));
}

/* Each row: the release, and the commit that brought it. */
static const struct feature features[] = {
	{ "btf", "5.4", probe_file, 0, "/sys/kernel/btf/vmlinux", NULL },	/* 341dfcf8d78e */
	{ "jit", "3.0", probe_jit, 0, "/proc/sys/net/core/bpf_jit_enable",
	  NULL },								/* 0a14842f5a3c */
	{ "cmpxchg16b", "6.18", probe_cpu_flag, 0, "cx16",
	  "cx16 among the CPU's flags; under emulation of 6.18 and 6.19 QEMU 8 or later" },
	{ "bpf_stats", "5.8", probe_bpf_stats, 0, NULL, NULL },			/* d46edd671a14 */
	{ "bpf_loop", "5.17", probe_helper, BPF_FUNC_loop, NULL, NULL },	/* e6f2dd0f8067 */
	{ "for_each_map_elem", "5.13", probe_helper, BPF_FUNC_for_each_map_elem, NULL,
	  NULL },								/* 69c087ba6225 */
	{ "dynptr", "5.19", probe_helper, BPF_FUNC_dynptr_from_mem, NULL, NULL }, /* 263ae152e962 */
	{ "isa_v4", "6.6", probe_isa_v4, 0, NULL, NULL },			/* 8100928c8814 */
	{ "dynptr_size", "6.5", probe_function, 0, "bpf_dynptr_size", NULL },	/* 26662d7347a0 */
	{ "xdp_load_bytes", "5.18", probe_function, 0, "bpf_xdp_load_bytes",
	  NULL },								/* 3f364222d032 */
	{ "xdp_live_frames", "5.18", probe_live_frames, 0, NULL, NULL },	/* b530e9e1063e */
	{ "map_lookup_percpu_elem", "5.19", probe_helper, BPF_FUNC_map_lookup_percpu_elem, NULL,
	  NULL },								/* 07343110b293 */

	{ "cgroup_skb", "4.10", probe_prog, BPF_PROG_TYPE_CGROUP_SKB, NULL, "CONFIG_CGROUP_BPF" },
	{ "flow_dissector", "6.1", probe_flow_dissector, BPF_PROG_TYPE_FLOW_DISSECTOR, NULL,
	  NULL },								/* 91350fe15293 */
	{ "lwt", "4.10", probe_prog, BPF_PROG_TYPE_LWT_IN, NULL, "CONFIG_LWTUNNEL_BPF" },
	{ "sk_lookup_run", "5.13", probe_function, 0, "bpf_prog_test_run_sk_lookup",
	  NULL },								/* 7c32e8f8bc33 */
	{ "xdp_frags", "5.18", probe_function, 0, "bpf_xdp_load_bytes", NULL },	/* c2f2cdbeffda */
	{ "sk_lookup", "5.9", probe_prog, BPF_PROG_TYPE_SK_LOOKUP, NULL, NULL },
	{ "syscall_prog", "5.14", probe_prog, BPF_PROG_TYPE_SYSCALL, NULL, NULL },
	{ "struct_ops", "5.6", probe_prog, BPF_PROG_TYPE_STRUCT_OPS, NULL, NULL },
	{ "sk_skb", "4.14", probe_prog, BPF_PROG_TYPE_SK_SKB, NULL, NULL },
	{ "sk_msg", "4.17", probe_prog, BPF_PROG_TYPE_SK_MSG, NULL, NULL },
	{ "sock_ops", "4.13", probe_prog, BPF_PROG_TYPE_SOCK_OPS, NULL, "CONFIG_CGROUP_BPF" },
	{ "tracing", "5.5", trace_probe_trampoline, BPF_TRACE_FENTRY, "bpf_fentry_test1",
	  "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS" },	/* fec56f5890d9, arm64 2aa6ac03516d */
	{ "fmod_ret", "5.7", trace_probe_trampoline, BPF_MODIFY_RETURN, "security_task_getpgid",
	  "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS" },				/* ae24082331d9 */
	{ "freplace", "5.6", trace_probe_btf, BPF_TRACE_FENTRY, "bpf_fentry_test1",
	  NULL },								/* be8704ff07d2 */
	{ "lsm", "5.7", trace_probe_lsm, BPF_LSM_MAC, "task_getpgid",
	  "CONFIG_BPF_LSM" },							/* 9d3fdea789c8 */

	{ "iter", "5.9", trace_probe_btf, BPF_TRACE_ITER, "bpf_map_elem",
	  NULL },								/* a5cbe05a6673 */

	{ "lpm_trie", "4.11", probe_map, BPF_MAP_TYPE_LPM_TRIE, NULL, NULL },
	{ "map_in_map", "4.12", probe_map, BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL, NULL },
	{ "queue", "4.20", probe_map, BPF_MAP_TYPE_QUEUE, NULL, NULL },
	{ "stack", "4.20", probe_map, BPF_MAP_TYPE_STACK, NULL, NULL },
	{ "sk_storage", "5.2", probe_map, BPF_MAP_TYPE_SK_STORAGE, NULL, NULL },
	{ "inode_storage", "5.10", probe_map, BPF_MAP_TYPE_INODE_STORAGE, NULL, "CONFIG_BPF_LSM" },
	{ "task_storage", "5.11", probe_map, BPF_MAP_TYPE_TASK_STORAGE, NULL, NULL },
	{ "cgrp_storage", "6.2", probe_map, 32 /* BPF_MAP_TYPE_CGRP_STORAGE */, NULL,
	  "CONFIG_CGROUPS" },
	{ "bloom_filter", "5.16", probe_map, BPF_MAP_TYPE_BLOOM_FILTER, NULL, NULL },
	{ "ringbuf", "5.8", probe_map, BPF_MAP_TYPE_RINGBUF, NULL, NULL },
	{ "user_ringbuf", "6.1", probe_map, BPF_MAP_TYPE_USER_RINGBUF, NULL, NULL },
	{ "xskmap", "4.18", probe_map, BPF_MAP_TYPE_XSKMAP, NULL, "CONFIG_XDP_SOCKETS" },
	{ "sockmap", "4.14", probe_map, BPF_MAP_TYPE_SOCKMAP, NULL, NULL },
	{ "arena", "6.9", probe_arena, 33 /* BPF_MAP_TYPE_ARENA */, NULL, NULL }, /* 317460317a02 */

	{ "veth", "2.6.24", probe_veth, 0, NULL, "CONFIG_VETH" },
	{ "clsact", "4.5", probe_clsact, 0, NULL, "CONFIG_NET_CLS_BPF" },
	{ "tcx", "6.6", probe_tcx, 0, NULL, NULL },				/* e420bed02507 */
	{ "netkit", "6.7", probe_netkit, 0, NULL, "CONFIG_NETKIT" },		/* 35dfaad7188c */
	{ "netfilter_link", "6.4", probe_netfilter_link, 0, NULL,
	  "CONFIG_NETFILTER_BPF_LINK" },					/* 84601d6ee68a */
	{ "atomics", "5.12", probe_atomics, 0, NULL, NULL },			/* 5ffa25502b5a */
	{ "kprobe", "4.1", probe_file, 0, "/sys/bus/event_source/devices/kprobe/type",
	  "CONFIG_KPROBE_EVENTS" },
	{ "kmod", "6.0", probe_kmod, 0, "bench_kmod_nop",
	  "CONFIG_DEBUG_INFO_BTF_MODULES" },					/* a4703e318432 */
	{ "uprobe", "4.1", trace_probe_uprobe, 0, "/sys/bus/event_source/devices/uprobe/type",
	  "CONFIG_UPROBE_EVENTS" },
	{ "kprobe_multi", "5.18", trace_probe_kprobe_multi, 0, "bpf_get_numa_node_id",
	  "CONFIG_FPROBE" },							/* 0dcac2725406 */
	{ "uprobe_multi", "6.6", trace_probe_uprobe_multi, 0, NULL,
	  "CONFIG_UPROBE_EVENTS" },						/* 89ae89f53d20 */
	{ "raw_tp", "4.17", trace_probe_raw_tp, 0, "task_rename", NULL },	/* c4f6699dfcb8 */
	{ "tp", "4.7", trace_probe_tp, 0, NULL, NULL },				/* 98b5c2c65c29 */
	{ "perf_event", "4.9", trace_probe_perf_event, 0, NULL,
	  "CONFIG_BPF_EVENTS" },						/* 0515e5999a46 */
	{ "bpf_trigger_tp", "6.10", probe_function, 0, "bpf_modify_return_test_tp",
	  NULL },								/* 3124591f6867 */
};

#define NR_FEATURES (sizeof(features) / sizeof(features[0]))

const struct feature *feature_at(size_t i)
{
	return i < NR_FEATURES ? &features[i] : NULL;
}

const struct feature *feature_find(const char *name)
{
	size_t i;

	for (i = 0; i < NR_FEATURES; i++)
		if (!strcmp(features[i].name, name))
			return &features[i];
	return NULL;
}

unsigned int release_number(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major << 16 | minor << 8;
}

static bool should_be_there(const struct feature *f)
{
	struct utsname u;

	return !uname(&u) && release_number(u.release) >= release_number(f->since);
}

/* What has been found out of each row, by whichever process was the first to ask. */
static struct answer {
	enum feature_state state;	/* FEATURE_UNKNOWN: not yet */
	char why[256];
} *answers;

void feature_remember(void)
{
	void *v = mmap(NULL, NR_FEATURES * sizeof(*answers), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	answers = v == MAP_FAILED ? NULL : v;
}

static enum feature_state probe_now(const struct feature *f, char *why, size_t why_sz)
{
	char clause[192] = "this kernel does not have it";
	int rc = f->probe(f, clause, sizeof(clause));

	if (rc > 0)
		return FEATURE_YES;
	if (rc == -EPERM) {
		snprintf(why, why_sz, "the kernel has it, a policy of this machine forbids it");
		return FEATURE_NO;
	}
	if (rc == -ENOMEM && feature_check("cmpxchg16b", clause, sizeof(clause)) == FEATURE_NO) {
		snprintf(why, why_sz, "cannot be allocated: cmpxchg16b: %s", clause);
		return FEATURE_NO;
	}
	if (rc < 0) {
		snprintf(why, why_sz, "cannot be probed: %s", strerror(-rc));
		return FEATURE_UNKNOWN;
	}
	if (f->config)
		snprintf(why, why_sz, "%s [needs %s, in since %s]", clause, f->config, f->since);
	else
		snprintf(why, why_sz, "%s%s%s]", clause, should_be_there(f) ?
			 " [suspicious: in since " : " [in since ", f->since);
	return FEATURE_NO;
}

enum feature_state feature_check(const char *name, char *why, size_t why_sz)
{
	const struct feature *f = feature_find(name);
	struct answer *a = f && answers ? &answers[f - features] : NULL;
	struct answer now;

	if (!f) {
		snprintf(why, why_sz, "no such feature is known");
		return FEATURE_UNKNOWN;
	}
	if (a && a->state != FEATURE_UNKNOWN) {
		snprintf(why, why_sz, "%s", a->why);
		return a->state;
	}
	now.why[0] = '\0';
	now.state = probe_now(f, now.why, sizeof(now.why));
	snprintf(why, why_sz, "%s", now.why);
	/* The state last: the child may be killed in between. */
	if (a && now.state != FEATURE_UNKNOWN) {
		memcpy(a->why, now.why, sizeof(a->why));
		__atomic_store_n(&a->state, now.state, __ATOMIC_RELEASE);
	}
	return now.state;
}
