/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's half: linked into the runner, which is the guest's /init. */
#ifndef BENCH_VM_GUEST_H
#define BENCH_VM_GUEST_H

#include <stdbool.h>

/* Paths inside the initramfs that launcher and guest agree on. */
#define GUEST_ARGS	"/bench.args"		/* each argument ends with a NUL */
#define GUEST_CHANNEL	"/bench.channel"	/* symbolic link to the result channel's tty */
#define GUEST_FILL	"/bench.fill"		/* read by none: memory that is taken */
#define GUEST_KMOD	"/bench.kmod"		/* why bench_kmod is not among the modules */
#define GUEST_MODULES	"/modules"		/* NN-name.ko, loaded in name order */
#define GUEST_QUIET	".ko.maybe"		/* ends the name of one that may fail to load */

/*
 * Control lines on the channel start with '#', document lines never do:
 *   #boot UPTIME       heartbeat, seconds since the kernel started
 *   #module NAME: WHY  a module that did not load
 *   #fail WHY          init itself cannot go on
 *   #exit STATUS       the runner's exit status; the last line
 *   #signal N          the signal the runner died of; the last line
 */

/*
 * Only argument of a guest's runner that is not its init, but a command in a root of its own: the
 * same files, unpacked.
 */
#define GUEST_COMMAND	"@guest"

/*
 * True in a virtual machine's init, process 1 with the launcher's files beside it, and in the
 * command that stands in for it.
 */
bool guest_is_init(int argc, char **argv);

/*
 * Mounts, loads modules, runs @runner_main in a child with the launcher's arguments and an
 * additional "-o jsonl:/bench.channel", reports its end and reboots. Never returns.
 */
int guest_main(int (*runner_main)(int argc, char **argv));

#endif
