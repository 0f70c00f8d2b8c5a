// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "arch.h"
#include "guest.h"
#include "kernel.h"
#include "qemu.h"
#include "scratch.h"
#include "vng.h"

/* Behind its own console, ttyS0; a console is written to without the interrupt it shares. */
#define CONSOLE		"ttyS1"
#define CHANNEL		"ttyS2"

/* Below one of the directories that vng lets be written to, in memory. */
#define FILES		"/tmp/bench.files"
#define ROOT		"/run/bench.root"

/* Nothing of the host's root is left in sight, and nothing is read through 9p any more. */
#define COMMAND		"mkdir " ROOT " && mount -t tmpfs none " ROOT \
			" && cp -a " FILES "/. " ROOT \
			" && exec chroot " ROOT " /init " GUEST_COMMAND

/* vng makes one line of its arguments and parts it again. */
static bool is_plain(const char *text)
{
	return !text[strcspn(text, " \t\n'\"\\$`;&|<>(){}*?#~,=")];
}

int vng_check(struct scratch *s, const struct kernel *k)
{
	if (strcmp(s->arch->name, "x86"))
		return scratch_fail(s, VM_USAGE, -EINVAL, "--engine vng: only for x86 guests");
	if (k->debian[0])
		return scratch_fail(s, VM_USAGE, -EINVAL, "--engine vng: the debian: kernels have "
				    "no 9p, by which vng shares its root; give -k one that has "
				    "(installed, or a build tree)");
	if (!is_plain(k->image) || !is_plain(s->dir))
		return scratch_fail(s, VM_USAGE, -EINVAL, "--engine vng: %s: vng takes no path "
				    "with such characters", is_plain(s->dir) ? k->image : s->dir);
	return 0;
}

static int join(const struct qemu_args *a, char *text, size_t sz)
{
	size_t used = 0;
	int i, len;

	for (i = 0; i < a->argc; i++) {
		len = snprintf(text + used, sz - used, "%s%s", i ? " " : "", a->argv[i]);
		if (len < 0 || (size_t)len >= sz - used)
			return -E2BIG;
		used += (size_t)len;
	}
	return a->argc < 0 ? -E2BIG : 0;
}

/* What vng has no option for, in one word. */
static int qemu_opts(const struct qemu_guest *g, char *text, size_t sz)
{
	struct qemu_args a;
	size_t i;

	memset(&a, 0, sizeof(a));
	/* Not 9p, by which vng shares its root. */
	qemu_args_add_cpu(&a, g, false);
	/* Behind its own, so this one counts: the ELF, as without vng. */
	qemu_args_add(&a, "-kernel");
	qemu_args_add(&a, "%s", g->kernel);
	qemu_args_add(&a, "-serial");
	qemu_args_add(&a, "file:%s", g->console);
	qemu_args_add(&a, "-serial");
	qemu_args_add(&a, "file:%s", g->channel);
	for (i = 0; i < g->nr_extra; i++)
		qemu_args_add(&a, "%s", g->extra[i]);
	return join(&a, text, sz);
}

int vng_args_build(const struct qemu_guest *g, const char *vng, const char *image,
		   struct qemu_args *a)
{
	char cmdline[1024], opts[2 * PATH_MAX];
	int err;

	memset(a, 0, sizeof(*a));
	err = qemu_cmdline(g, CONSOLE, CHANNEL, cmdline, sizeof(cmdline));
	if (!err)
		err = qemu_opts(g, opts, sizeof(opts));
	if (err)
		return err;
	qemu_args_add(a, "%s", vng);
	qemu_args_add(a, "--run");
	qemu_args_add(a, "%s", image);
	qemu_args_add(a, "--qemu");
	qemu_args_add(a, "%s", g->qemu);
	/* Not virtiofs where its daemon is up in time: all is read once, at the start. */
	qemu_args_add(a, "--force-9p");
	/* That machine has one serial port. */
	qemu_args_add(a, "--disable-microvm");
	if (g->accel != VM_ACCEL_KVM)
		qemu_args_add(a, "--disable-kvm");
	qemu_args_add(a, "--user");
	qemu_args_add(a, "root");
	qemu_args_add(a, "--cpus");
	qemu_args_add(a, "%u", g->nr_cpus);
	qemu_args_add(a, "--memory");
	qemu_args_add(a, "%uM", g->mem_mib);
	qemu_args_add(a, "--rodir");
	qemu_args_add(a, FILES "=%s", g->initrd);
	/* vng's own "quiet" hides all that is no emergency. */
	qemu_args_add(a, "--append");
	qemu_args_add(a, "%s loglevel=4", cmdline);
	qemu_args_add(a, "--qemu-opts=%s", opts);
	qemu_args_add(a, "--exec");
	qemu_args_add(a, COMMAND);
	return a->argc < 0 ? -E2BIG : 0;
}
