// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"
#include "image.h"
#include "qemu.h"
#include "scratch.h"

/* The first whose cmpxchg16b takes the flags as they are. */
#define QEMU_MAJOR_CX16	8

#define ICOUNT		"shift=0,sleep=off,align=off"

/*
 * When all CPUs have halted QEMU's main loop moves the clock to the next timer. It may look before
 * the CPU's thread, which halts without the lock, has accounted for what it executed: the clock
 * then jumps that far past the timer, and how often hangs on the host (7.2: 2 955 of 72 412 halts
 * of hook_net on 6.1 with that thread held up by 300 us in between, in a whole run without that
 * about once). While it records, one of the two waits for the other; what it records nobody needs.
 * QEMU does not record several CPUs.
 */
#define ICOUNT_LOCKED	ICOUNT ",rr=record,rrfile=/dev/null"

/*
 * panic and oops: a guest that oopsed cannot be trusted with a figure, and QEMU exits on reboot.
 */
#define CMDLINE_BASE	"console=%s quiet panic=-1 oops=panic bench.channel=%s"

/*
 * The kernel hands what it does not know to init as its environment. An allocator that keeps
 * nothing back joins what it gets back with its neighbours and finds the same heap for each
 * operation: what libbpf's strings and copies cost hangs on how they are aligned.
 */
#define MALLOC	"GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0:" \
		"glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=1073741824"

/*
 * Counted guests: nothing random in the layout, so that two boots are equal to the byte. And
 * mitigations=off, as what they cost is stalls, which a count does not see, while the
 * instructions they add depend on the CPU model; a count with them would mean neither.
 * The kernel's own tests of its ciphers are 0.6 s of a boot; that of its jitter generator, which
 * cryptomgr.notests leaves on, is 0.13 G instructions of 6.12's. Uncounted TCG is for trying the
 * same guest, so it gets the same.
 * 512 MiB give 256 slots for UDP sockets, and each namespace is mixed in at random: where a receiver
 * shares the slot of a connected sender, 7.3 looks for a connection first, 101 instructions a datagram
 * in all batches of a case. 6.12 does not. Of 65536 slots (the most) that is as good as never.
 */
#define CMDLINE_FIXED	"nokaslr norandmaps randomize_kstack_offset=off mitigations=off " \
			"cryptomgr.notests initcall_blacklist=jent_mod_init " \
			"uhash_entries=65536 " MALLOC

/*
 * Time on a real CPU: with the mitigations that kernel and CPU choose, as people run it. Layout
 * stays random: the boot is the unit of comparison and one fixed layout would bias all of them.
 */
#define CMDLINE_KVM	"mitigations=auto"

void qemu_args_add(struct qemu_args *a, const char *fmt, ...)
{
	size_t room = sizeof(a->text) - a->used;
	va_list ap;
	int len;

	/* One slot stays for the terminating NULL. */
	if (a->argc < 0 || a->argc >= QEMU_NR_ARGS - 1) {
		a->argc = -1;
		return;
	}
	va_start(ap, fmt);
	len = vsnprintf(a->text + a->used, room, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room) {
		a->argc = -1;
		return;
	}
	a->argv[a->argc++] = a->text + a->used;
	a->used += (size_t)len + 1;
}

void qemu_args_add_cpu(struct qemu_args *a, const struct qemu_guest *g, bool can_record)
{
	qemu_args_add(a, "-cpu");
	qemu_args_add(a, "%s", g->accel == VM_ACCEL_KVM ? "host" :
		      g->has_cx16 && g->arch->tcg_cpu_cx16 ? g->arch->tcg_cpu_cx16 :
		      g->arch->tcg_cpu);
	if (g->accel != VM_ACCEL_INSN)
		return;
	qemu_args_add(a, "-icount");
	qemu_args_add(a, can_record && g->nr_cpus == 1 ? ICOUNT_LOCKED : ICOUNT);
	/* A clock that starts at one date and a fixed seed: the other two inputs of a boot. */
	qemu_args_add(a, "-rtc");
	qemu_args_add(a, "base=2024-01-01T00:00:00,clock=vm");
	qemu_args_add(a, "-seed");
	qemu_args_add(a, "1");
}

int qemu_cmdline(const struct qemu_guest *g, const char *console, const char *channel, char *text,
		 size_t sz)
{
	int len;

	if (g->accel == VM_ACCEL_KVM)
		len = snprintf(text, sz, CMDLINE_BASE " bench.accel=kvm " CMDLINE_KVM, console,
			       channel);
	else
		len = snprintf(text, sz, CMDLINE_BASE " bench.accel=%s " CMDLINE_FIXED "%s",
			       console, channel, g->accel == VM_ACCEL_INSN ? "tcg-icount" : "tcg",
			       g->accel == VM_ACCEL_INSN && g->nr_cpus == 1 ?
			       g->arch->one_cpu : "");
	return len >= 0 && (size_t)len < sz ? 0 : -E2BIG;
}

/* Files, not pipes: a full pipe would stall the device at a moment the host chooses. */
static void args_add_ttys(struct qemu_args *a, const struct qemu_guest *g)
{
	qemu_args_add(a, "-serial");
	qemu_args_add(a, "file:%s", g->console);
	if (!g->arch->channel_device) {
		qemu_args_add(a, "-serial");
		qemu_args_add(a, "file:%s", g->channel);
		return;
	}
	qemu_args_add(a, "-chardev");
	qemu_args_add(a, "file,id=channel,path=%s", g->channel);
	qemu_args_add(a, "-device");
	qemu_args_add(a, "%s,chardev=channel", g->arch->channel_device);
}

int qemu_args_build(const struct qemu_guest *g, struct qemu_args *a)
{
	char cmdline[1024];
	size_t i;

	memset(a, 0, sizeof(*a));
	if (qemu_cmdline(g, g->arch->console, g->arch->channel, cmdline, sizeof(cmdline)))
		return -E2BIG;
	qemu_args_add(a, "%s", g->qemu);
	qemu_args_add(a, "-nodefaults");
	qemu_args_add(a, "-no-user-config");
	qemu_args_add(a, "-display");
	qemu_args_add(a, "none");
	qemu_args_add(a, "-no-reboot");
	if (g->arch->board) {
		qemu_args_add(a, "-M");
		qemu_args_add(a, "%s", g->arch->board);
	}
	qemu_args_add(a, "-m");
	qemu_args_add(a, "%uM", g->mem_mib);
	qemu_args_add(a, "-smp");
	qemu_args_add(a, "%u", g->nr_cpus);
	qemu_args_add(a, "-accel");
	qemu_args_add(a, "%s", g->accel == VM_ACCEL_KVM ? "kvm" : "tcg");
	qemu_args_add_cpu(a, g, true);
	qemu_args_add(a, "-kernel");
	qemu_args_add(a, "%s", g->kernel);
	qemu_args_add(a, "-initrd");
	qemu_args_add(a, "%s", g->initrd);
	qemu_args_add(a, "-append");
	qemu_args_add(a, "%s", cmdline);
	args_add_ttys(a, g);
	for (i = 0; i < g->nr_extra; i++)
		qemu_args_add(a, "%s", g->extra[i]);
	return a->argc < 0 ? -E2BIG : 0;
}

static bool is_executable(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

int qemu_find(const struct vm_arch *arch, const char *name, char *path, size_t sz)
{
	const char *dirs = getenv("PATH"), *end;

	if (!name)
		name = arch->qemu;
	if (strchr(name, '/')) {
		snprintf(path, sz, "%s", name);
		return is_executable(path) ? 0 : -ENOENT;
	}
	for (; dirs && *dirs; dirs = *end ? end + 1 : end) {
		end = dirs + strcspn(dirs, ":");
		snprintf(path, sz, "%.*s/%s", (int)(end - dirs), dirs, name);
		if (end > dirs && is_executable(path))
			return 0;
	}
	return -ENOENT;
}

int qemu_require(struct scratch *s, const char *name, char *path, size_t sz)
{
	if (!qemu_find(s->arch, name, path, sz))
		return 0;
	return scratch_fail(s, VM_NO_QEMU, -ENOENT, name ? "no QEMU %s" :
			    "no %s in PATH (Debian: %s)", name ?: s->arch->qemu,
			    s->arch->qemu_package);
}

unsigned int qemu_major(const char *text)
{
	const char *at = strstr(text, "version ");

	return at ? strtoul(at + strlen("version "), NULL, 10) : 0;
}

/* What does not say its version is taken for an old one. */
static unsigned int qemu_ask_major(struct scratch *s, const char *qemu)
{
	char path[PATH_MAX], *text;
	char *const argv[] = { (char *)qemu, "--version", NULL };
	unsigned int major = 0;
	size_t len;

	if (text_format(path, sizeof(path), "%s/qemu.version", s->dir) ||
	    proc_run(s, argv, path, NULL, NULL) || file_read(path, 4096, &text, &len))
		return 0;
	major = qemu_major(text);
	free(text);
	return major;
}

bool qemu_has_cx16(struct scratch *s, const char *qemu, const void *elf, size_t len)
{
	if (!image_needs_cx16(elf, len))
		return false;
	return !image_has_percpu_cx16(elf, len) || qemu_ask_major(s, qemu) >= QEMU_MAJOR_CX16;
}
