/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtme-ng as what starts the guest: it boots with the host's root, and runs a command there. Ours
 * moves into a root of its own, made of what is our initramfs elsewhere, and goes on as our init.
 */
#ifndef BENCH_VM_VNG_H
#define BENCH_VM_VNG_H

struct kernel;
struct qemu_args;
struct qemu_guest;
struct scratch;

#define VNG		"vng"

/* Whether it can start this guest here. 0 or -errno with the reason set. */
int vng_check(struct scratch *s, const struct kernel *k);

/*
 * As qemu_args_build(), for the program @vng. @image is what vng takes for the kernel, as it finds
 * modules by it; g->kernel is booted, g->initrd a directory with the guest's files.
 */
int vng_args_build(const struct qemu_guest *g, const char *vng, const char *image,
		   struct qemu_args *a);

#endif
