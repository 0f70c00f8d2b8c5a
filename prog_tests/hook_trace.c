// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bench_family.h"
#include "hook_trace.h"
#include "trace.h"
#include "hook_trace.skel.h"

#define SELF		"/proc/self/exe"
#define PAGE_SZ		4096ul
/*
 * Read, then given back: twice in the smallest batch, as every other time costs 5 to 7 instructions
 * more. No huge page, no whole page table.
 */
#define NR_PAGES	32

struct hook;

struct hook_trace_priv {
	const struct hook *hook;
	struct bpf_link *link;
	int link_fd;			/* of a kind libbpf does not know; 0: none */
	volatile char *pages;
	void (*function)(void);		/* of user space, that is called */
};

/* What a case needs beyond its program; those triggered inside the kernel need no run. */
struct hook {
	const char *name;
	struct bpf_link *(*attach)(struct bench_run *r);	/* NULL: as its section says */
	int (*attach_fd)(struct bench_run *r);			/* instead: the link */
	int (*run)(struct bench_run *r, uint64_t ops, struct bench_batch *b);
	/* Others may run the program meanwhile: exec renames, too. */
	bool is_shared;
};

/* The baseline's, which nothing is attached to. */
static __attribute__((noinline, noclone)) void user_function_bare(void)
{
	asm volatile("nop");
}

/*
 * What a uprobe costs hangs on the instruction it replaces. The second statement is no instruction:
 * compilers make one of two equal functions.
 */
static __attribute__((noinline, noclone)) void user_function(void)
{
	asm volatile("nop");
	asm volatile("");
}

/* The first of 5 bytes, which 6.18 and later turn into a call (uprobes/x86). */
static __attribute__((noinline, noclone)) void user_function_nop5(void)
{
#ifdef __x86_64__
	asm volatile(".byte 0x0f, 0x1f, 0x44, 0x00, 0x00");
#else
	asm volatile("nop");
#endif
}

static int call_user(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct hook_trace_priv *p = r->priv;
	void (*function)(void) = p->function;

	(void)b;
	while (ops--)
		function();
	return 0;
}

static int rename_self(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	(void)b;
	while (ops--)
		if (prctl(PR_SET_NAME, "bench_progs"))
			return bench_fail(r, -errno, "prctl(PR_SET_NAME): %s", strerror(errno));
	return 0;
}

static int get_group(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	pid_t pid = getpid();

	(void)b;
	while (ops--)
		if (getpgid(pid) < 0)
			return bench_fail(r, -errno, "getpgid(): %s", strerror(errno));
	return 0;
}

/* The zero page is mapped; nothing is allocated. */
static int read_pages(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct hook_trace_priv *p = r->priv;
	uint64_t i;

	(void)b;
	for (i = 0; i < ops; i++) {
		(void)p->pages[i % NR_PAGES * PAGE_SZ];
		if (i % NR_PAGES != NR_PAGES - 1 && i != ops - 1)
			continue;
		if (madvise((void *)p->pages, NR_PAGES * PAGE_SZ, MADV_DONTNEED))
			return bench_fail(r, -errno, "madvise(): %s", strerror(errno));
	}
	return 0;
}

/* The program writes nothing for user space, so the first read is the whole walk. */
static int walk(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct hook_trace *skel = r->skel;
	struct bpf_link *link = skel->links.iter_map_elem ?: skel->links.iter_empty;
	uint64_t walks = ops / HOOK_TRACE_ELEMENTS;
	ssize_t len;
	char buf[64];
	int fd;

	(void)b;
	while (walks--) {
		fd = bpf_iter_create(bpf_link__fd(link));
		if (fd < 0)
			return bench_fail(r, fd, "cannot open an iterator: %s", strerror(-fd));
		len = read(fd, buf, sizeof(buf));
		close(fd);
		if (len)
			return bench_fail(r, -EBADMSG, "an iterator returned %zd bytes", len);
	}
	return 0;
}

static struct bpf_link *attach_multi(struct bench_run *r)
{
	const char *sym = "bpf_get_numa_node_id";
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = &sym, .cnt = 1);

	opts.retprobe = !strcmp(r->bench->name, "kretprobe_multi");
	return bpf_program__attach_kprobe_multi_opts(r->prog, NULL, &opts);
}

static int user_offset(struct bench_run *r, uint64_t *offset)
{
	struct hook_trace_priv *p = r->priv;
	int err = trace_file_offset((const void *)(uintptr_t)p->function, offset);

	return err ? bench_fail(r, err, "cannot find a function of this program in its file") : 0;
}

static struct bpf_link *attach_uprobe(struct bench_run *r)
{
	bool is_return = !strcmp(r->bench->name, "uretprobe");
	uint64_t offset;

	if (user_offset(r, &offset))
		return NULL;
	return bpf_program__attach_uprobe(r->prog, is_return, 0, SELF, offset);
}

static int attach_uprobe_multi(struct bench_run *r)
{
	bool is_return = !strcmp(r->bench->name, "uretprobe_multi");
	uint64_t offset;
	int err = user_offset(r, &offset);

	return err ?: trace_uprobe_multi(bpf_program__fd(r->prog), SELF, offset, is_return);
}

static struct bpf_link *attach_perf_event(struct bench_run *r)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .type = PERF_TYPE_SOFTWARE,
					.config = PERF_COUNT_SW_PAGE_FAULTS, .sample_period = 1 };
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	struct bpf_link *link;
	int err;

	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(r->prog, fd);
	if (!link) {
		err = errno;
		close(fd);
		errno = err;
	}
	return link;
}

static struct bpf_link *attach_tp(struct bench_run *r)
{
	int err = trace_have_tracefs();

	if (!err)
		return bpf_program__attach(r->prog);
	bench_fail(r, err, "cannot mount tracefs: %s", strerror(-err));
	errno = -err;
	return NULL;
}

static const struct hook hooks[] = {
	{ .name = "kprobe_multi", .attach = attach_multi },
	{ .name = "kretprobe_multi", .attach = attach_multi },
	{ .name = "tp", .attach = attach_tp },
	{ .name = "rename", .run = rename_self },
	{ .name = "rename_raw_tp", .run = rename_self, .is_shared = true },
	{ .name = "rename_tp_btf", .run = rename_self, .is_shared = true },
	{ .name = "rename_tp", .attach = attach_tp, .run = rename_self, .is_shared = true },
	{ .name = "getpgid", .run = get_group },
	{ .name = "getpgid_fmod_ret", .run = get_group, .is_shared = true },
	{ .name = "lsm", .run = get_group, .is_shared = true },
	{ .name = "user_call", .run = call_user },
	{ .name = "uprobe", .attach = attach_uprobe, .run = call_user },
	{ .name = "uprobe_nop5", .attach = attach_uprobe, .run = call_user },
	{ .name = "uretprobe", .attach = attach_uprobe, .run = call_user },
	{ .name = "uprobe_multi", .attach_fd = attach_uprobe_multi, .run = call_user },
	{ .name = "uretprobe_multi", .attach_fd = attach_uprobe_multi, .run = call_user },
	{ .name = "page_fault", .run = read_pages },
	/* Other faults of this process count as well: one on 5.10. */
	{ .name = "perf_event", .attach = attach_perf_event, .run = read_pages,
	  .is_shared = true },
	{ .name = "iter_map_elem", .run = walk },
	{ .name = "iter_empty", .run = walk },
};

static const struct hook *hook_find(const char *name)
{
	static const struct hook as_declared;
	size_t i;

	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (!strcmp(hooks[i].name, name))
			return &hooks[i];
	return &as_declared;
}

static bool is_iter(const struct bench_run *r)
{
	return r->prog && bpf_program__expected_attach_type(r->prog) == BPF_TRACE_ITER;
}

static int prepare(struct bench_run *r)
{
	struct hook_trace_priv *p = r->priv;

	if (!p) {
		/* Ends with the process, which is this case's own. */
		p = r->priv = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->hook = hook_find(r->bench->name);
		p->function = !r->prog ? user_function_bare :
			      !strcmp(r->bench->name, "uprobe_nop5") ? user_function_nop5 :
			      user_function;
	}
	if (p->hook->run == read_pages && !p->pages) {
		p->pages = mmap(NULL, NR_PAGES * PAGE_SZ, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);
		if (p->pages == MAP_FAILED)
			return bench_fail(r, -ENOMEM, "no memory for %d pages", NR_PAGES);
	}
	if (p->hook->attach_fd != attach_uprobe_multi)
		return 0;
	return bpf_program__set_expected_attach_type(r->prog, ATTACH_TRACE_UPROBE_MULTI);
}

static uint64_t element(uint32_t key)
{
	return key;
}

static int attach_iter(struct bench_run *r)
{
	struct hook_trace *skel = r->skel;
	union bpf_iter_link_info info = { .map.map_fd = bpf_map__fd(skel->maps.elements) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info,
		    .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(r->prog, &opts);

	if (!link)
		return bench_fail(r, -errno, "%s does not attach: %s", r->bench->id,
				  strerror(errno));
	if (r->prog == skel->progs.iter_empty) {
		skel->links.iter_empty = link;
		return 0;
	}
	skel->links.iter_map_elem = link;
	return bench_fill_map(r, skel->maps.elements, HOOK_TRACE_ELEMENTS, element);
}

static int attach(struct bench_run *r)
{
	struct hook_trace_priv *p = r->priv;
	int err = 0;

	r->err[0] = '\0';
	if (p->hook->attach_fd) {
		p->link_fd = p->hook->attach_fd(r);
		err = p->link_fd < 0 ? p->link_fd : 0;
	} else {
		p->link = p->hook->attach ? p->hook->attach(r) : bpf_program__attach(r->prog);
		err = p->link ? 0 : -errno;
	}
	/* 5.10 attaches an empty one to the same function, and this one not. */
	if (err == -ENOENT && r->prog &&
	    bpf_program__expected_attach_type(r->prog) == BPF_MODIFY_RETURN)
		return bench_fail(r, -EOPNOTSUPP, "this kernel finds no place for it: %s (seen on "
				  "5.10)", strerror(-err));
	if (err && !r->err[0])
		return bench_fail(r, err, "%s does not attach: %s", r->bench->id, strerror(-err));
	return err;
}

static void detach(struct bench_run *r)
{
	struct hook_trace_priv *p = r->priv;

	bpf_link__destroy(p->link);
	p->link = NULL;
	if (p->link_fd > 0)
		close(p->link_fd);
	p->link_fd = 0;
}

static int before(struct bench_run *r)
{
	struct hook_trace *skel = r->skel;

	skel->bss->hits = 0;
	return 0;
}

static int setup(struct bench_run *r)
{
	struct hook_trace_priv *p = r->priv;
	struct bench_batch b = {};

	if (is_iter(r))
		return attach_iter(r);
	if (p->hook->run == call_user && r->prog)
		return attach(r);
	if (p->hook->run != read_pages)
		return 0;
	/* A first touch while the program is attached would be a hit too many; the vDSO's too. */
	before(r);
	bench_now_ns();
	return read_pages(r, NR_PAGES, &b);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct hook_trace_priv *p = r->priv;

	return p->hook->run(r, ops, b);
}

/* What it must have counted: every operation where it is attached, nothing elsewhere. */
static uint64_t expected_hits(const struct bench_run *r)
{
	if (!strcmp(r->bench->name, "iter_empty"))
		return 0;
	return r->trigger || r->bench->driver == DRIVER_ATTACH ? r->ops : 0;
}

static int verify(struct bench_run *r)
{
	struct hook_trace *skel = r->skel;
	struct hook_trace_priv *p = r->priv;
	uint64_t want = expected_hits(r), got = skel->bss->hits;
	/* Far below what running twice, or in every second operation, would make of it. */
	uint64_t slack = p->hook->is_shared ? want / 8 : 0;

	if (got < want || got > want + slack)
		return bench_fail(r, -EBADMSG, "%llu hits, %llu expected",
				  (unsigned long long)got, (unsigned long long)want);
	return 0;
}

BENCH_FAMILY(hook_trace, .prepare = prepare, .setup = setup, .attach = attach, .detach = detach,
	     .run = run, .before = before, .verify = verify, .unload = detach);
