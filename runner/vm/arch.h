/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the architectures a guest may have: one row of a table each. */
#ifndef BENCH_VM_ARCH_H
#define BENCH_VM_ARCH_H

#include <stdint.h>

#define ARCH_NR_TREE_IMAGES	3

struct vm_arch {
	const char *name;		/* the kernel's ARCH, and the Makefile's */
	const char *machine;		/* what uname -m says there */
	const char *why_not;		/* no guest has it, for this reason; NULL: guests do */
	uint16_t elf_machine;

	const char *qemu, *qemu_package;
	const char *board;		/* NULL: QEMU's default */
	const char *tcg_cpu;
	const char *tcg_cpu_cx16;	/* the same with cmpxchg16b; NULL: no such thing */
	const char *console, *channel;	/* ttys in the guest */
	const char *channel_device;	/* NULL: the board's second serial port */
	const char *one_cpu;		/* " WORD...": command line of counted guests of one CPU */

	const char *image_names;	/* what a kernel may be given as, for messages */
	unsigned int image_kinds;	/* the same: bits 1 << enum image_kind */
	unsigned int kernel_kind;	/* the uncompressed one */
	const char *tree_images[ARCH_NR_TREE_IMAGES];	/* in a build tree, the best first */

	const char *debian;		/* Debian's name of the architecture */
	const char *flavour;		/* ends a kernel's name: small, and with BTF from 5.10 on */
	const char *cache_suffix;	/* tells its directories in the cache from others' */

	const char *runner;		/* beside bench_vm where the host is of another one */
};

/* By the kernel's, the machine's or Debian's name. NULL: no such row. */
const struct vm_arch *vm_arch_find(const char *name);
/* Of this machine; the table's first where it has no row. */
const struct vm_arch *vm_arch_host(void);

#endif
