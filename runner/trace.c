// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <link.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "trace.h"

#define TRACEFS "/sys/kernel/tracing"
#define MULTI_IS_RETURN 1	/* BPF_F_UPROBE_MULTI_RETURN */

/* The BPF_LINK_CREATE part of union bpf_attr since 6.6. */
struct uprobe_multi_attr {
	uint32_t prog_fd, target_fd, attach_type, link_flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t nr, flags, pid, unused;
};

struct text_search {
	uintptr_t addr;
	uint64_t offset;
};

/* The program is the first object. */
static int find_in_segments(struct dl_phdr_info *info, size_t sz, void *ctx)
{
	struct text_search *s = ctx;
	int i;

	(void)sz;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type != PT_LOAD || s->addr < start || s->addr - start >= ph->p_filesz)
			continue;
		s->offset = s->addr - start + ph->p_offset;
		return 1;
	}
	return -1;
}

int trace_file_offset(const void *text, uint64_t *offset)
{
	struct text_search s = { .addr = (uintptr_t)text };

	if (dl_iterate_phdr(find_in_segments, &s) != 1)
		return -ENOENT;
	*offset = s.offset;
	return 0;
}

int trace_uprobe_multi(int prog_fd, const char *path, uint64_t offset, bool is_return)
{
	struct uprobe_multi_attr attr = {
		.prog_fd = prog_fd,
		.attach_type = ATTACH_TRACE_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)&offset,
		.nr = 1,
		.flags = is_return ? MULTI_IS_RETURN : 0,
	};
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

int trace_have_tracefs(void)
{
	if (!access(TRACEFS "/events", X_OK) || !access("/sys/kernel/debug/tracing/events", X_OK))
		return 0;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		return -errno;
	return 0;
}

static int load_empty(enum bpf_prog_type type, enum bpf_attach_type attach_type, int btf_id)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type,
		    .attach_btf_id = btf_id);

	return bpf_prog_load(type, "probe", "GPL", insns, sizeof(insns) / sizeof(insns[0]), &opts);
}

/* Ends what was tried, a descriptor or -errno. */
static int verdict(int fd)
{
	if (fd >= 0)
		close(fd);
	/* 524: the kernel's own ENOTSUPP. */
	return fd >= 0 ? 1 : fd == -EINVAL || fd == -EOPNOTSUPP || fd == -524 ? 0 : fd;
}

/*
 * By an empty program for a function: libbpf 1.1's own probe waits for words in the verifier's log
 * that have changed, and a security policy may forbid what the kernel has.
 */
static int load_for_btf(const struct feature *f)
{
	bool is_lsm = f->number == BPF_LSM_MAC;
	int id = libbpf_find_vmlinux_btf_id(f->what, f->number);

	if (id == -ENOENT || id == -ESRCH)
		return -EOPNOTSUPP;
	return id < 0 ? id : load_empty(is_lsm ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING,
					f->number, id);
}

int trace_probe_btf(const struct feature *f, char *why, size_t why_sz)
{
	(void)why;
	(void)why_sz;
	return verdict(load_for_btf(f));
}

/* Loads where the architecture cannot attach it. */
int trace_probe_trampoline(const struct feature *f, char *why, size_t why_sz)
{
	int fd = load_for_btf(f), link;

	if (fd < 0)
		return verdict(fd);
	link = bpf_raw_tracepoint_open(NULL, fd);
	close(fd);
	if (link == -524)
		snprintf(why, why_sz,
			 "functions of this kernel take no trampoline (arm64: before 6.4)");
	if (link == -ENOENT)
		snprintf(why, why_sz, "%s() takes no such program here", f->what);
	return link == -ENOENT ? 0 : verdict(link);
}

/* A kernel that has BPF LSM loads and attaches such programs also where they are never called. */
int trace_probe_lsm(const struct feature *f, char *why, size_t why_sz)
{
	char list[512], *name, *next = list;

	if (read_text("/sys/kernel/security/lsm", list, sizeof(list)))
		return trace_probe_trampoline(f, why, why_sz);
	while ((name = strsep(&next, ",")))
		if (!strcmp(name, "bpf"))
			return trace_probe_trampoline(f, why, why_sz);
	snprintf(why, why_sz, "bpf is not in /sys/kernel/security/lsm (lsm=...,bpf at boot)");
	return 0;
}

int trace_probe_kprobe_multi(const struct feature *f, char *why, size_t why_sz)
{
	const char *sym = f->what;
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	int fd = load_empty(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, 0), link;

	(void)why;
	(void)why_sz;
	if (fd < 0)
		return verdict(fd);
	opts.kprobe_multi.syms = &sym;
	opts.kprobe_multi.cnt = 1;
	link = bpf_link_create(fd, 0, BPF_TRACE_KPROBE_MULTI, &opts);
	close(fd);
	return verdict(link);
}

/* A program at a perf event of this thread; ends both. */
static int try_perf_event(enum bpf_prog_type type, struct perf_event_attr *attr)
{
	int fd = load_empty(type, 0, 0), event, err = 0;

	if (fd < 0)
		return verdict(fd);
	attr->size = sizeof(*attr);
	event = syscall(SYS_perf_event_open, attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		err = -errno;
	else if (ioctl(event, PERF_EVENT_IOC_SET_BPF, fd))
		err = -errno;
	close(fd);
	if (event >= 0)
		close(event);
	return err ? verdict(err) : 1;
}

int trace_probe_perf_event(const struct feature *f, char *why, size_t why_sz)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .sample_period = 1,
					.config = PERF_COUNT_SW_PAGE_FAULTS };

	(void)f;
	(void)why;
	(void)why_sz;
	return try_perf_event(BPF_PROG_TYPE_PERF_EVENT, &attr);
}

int trace_probe_uprobe(const struct feature *f, char *why, size_t why_sz)
{
	struct perf_event_attr attr = { .sample_period = 1 };
	uint64_t offset = 0;
	char type[16];
	int err;

	if (read_text(f->what, type, sizeof(type))) {
		snprintf(why, why_sz, "there is no %s", f->what);
		return 0;
	}
	err = trace_file_offset((const void *)(uintptr_t)trace_probe_uprobe, &offset);
	if (err)
		return err;
	attr.type = atoi(type);
	attr.config1 = (uintptr_t)"/proc/self/exe";
	attr.config2 = offset;
	return try_perf_event(BPF_PROG_TYPE_KPROBE, &attr);
}

int trace_probe_uprobe_multi(const struct feature *f, char *why, size_t why_sz)
{
	uint64_t offset = 0;
	int fd, link, err;

	(void)f;
	(void)why;
	(void)why_sz;
	err = trace_file_offset((const void *)(uintptr_t)trace_probe_uprobe, &offset);
	if (err)
		return err;
	fd = load_empty(BPF_PROG_TYPE_KPROBE, ATTACH_TRACE_UPROBE_MULTI, 0);
	if (fd < 0)
		return verdict(fd);
	link = trace_uprobe_multi(fd, "/proc/self/exe", offset, false);
	close(fd);
	return verdict(link);
}

int trace_probe_raw_tp(const struct feature *f, char *why, size_t why_sz)
{
	int fd = load_empty(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0), link;

	(void)why;
	(void)why_sz;
	if (fd < 0)
		return verdict(fd);
	link = bpf_raw_tracepoint_open(f->what, fd);
	close(fd);
	return verdict(link);
}

/* Which tracepoint has which number, tracefs says; this process need not mount it to know. */
int trace_probe_tp(const struct feature *f, char *why, size_t why_sz)
{
	char systems[4096];
	int err = read_text("/proc/filesystems", systems, sizeof(systems));

	(void)f;
	if (err)
		return err;
	if (strstr(systems, "\ttracefs"))
		return verdict(load_empty(BPF_PROG_TYPE_TRACEPOINT, 0, 0));
	snprintf(why, why_sz, "no tracefs [needs CONFIG_EVENT_TRACING]");
	return 0;
}
