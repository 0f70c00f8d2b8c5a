/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot a kernel with the runner as its init, follow its result channel, and say how it ended.
 *
 * Everything the guest says is untrusted: lines are bounded, control characters are replaced
 * before a line is quoted, and only complete lines are passed on.
 */
#ifndef BENCH_VM_H
#define BENCH_VM_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stddef.h>

enum vm_accel {
	VM_ACCEL_AUTO,		/* KVM where it is proven to work, counted TCG elsewhere */
	VM_ACCEL_KVM,
	VM_ACCEL_TCG,		/* emulated and not counted: its times mean nothing */
	VM_ACCEL_INSN,		/* emulated, one guest instruction is one guest nanosecond */
};

enum vm_verdict {
	VM_PASSED,
	VM_FAILED,		/* the runner said so, or died of a signal */
	VM_SKIPPED,		/* the runner could not run anything (its exit status 4) */
	VM_USAGE,		/* the runner refused its arguments (exit status 2), or we did */
	VM_PANICKED,
	VM_HUNG,		/* booted, then silent on the channel for longer than hang_s */
	VM_TIMED_OUT,
	VM_NO_BOOT,
	VM_NO_KERNEL,
	VM_NO_QEMU,
	VM_INTERRUPTED,		/* outcome.signal holds the signal */
	VM_FLOODED,		/* more output on console or channel than is kept */
	VM_QEMU_DIED,		/* of a signal */
	VM_BROKEN,		/* the launcher itself could not go on: disk full, no memory, ... */
};

/* What starts QEMU. */
enum vm_engine {
	VM_ENGINE_QEMU,		/* we do, with the runner as the guest's init */
	VM_ENGINE_VNG,		/* virtme-ng, with the runner as a command */
};

#define NR_QEMU_ARGS_MAX	32

struct vm_arch;

struct vm_config {
	const struct vm_arch *arch;	/* NULL: this machine's */
	const char *kernel;	/* image, ELF, build tree, "host" or "debian:VERSION" */
	enum vm_accel accel;
	unsigned int nr_cpus;	/* 0: 1 */
	unsigned int mem_mib;	/* 0: 512 */
	unsigned int timeout_s;	/* wall seconds of one guest, 0: 300 */
	unsigned int hang_s;	/* wall seconds of silence, 0: 90 */
	unsigned int boot_s;	/* wall seconds to the heartbeat, 0: 60 */
	const char *console;	/* keep the console here, NULL: only after a failure */
	bool is_resumed;	/* not the first guest of a run: the console is added to */
	const char *results_dir;	/* for a failed guest's console, NULL: "results" */
	enum vm_engine engine;
	const char *qemu;	/* NULL: found in PATH */
	const char *const *qemu_args;	/* behind our own on its command line */
	size_t nr_qemu_args;
	const char *runner;	/* static binary to be /init, NULL: bench_progs beside us */
	const char *const *modules;	/* FILE.ko[.gz|.xz|.zst], or NAME for one of the kernel's */
	size_t nr_modules;
	const char *const *args;	/* the runner's arguments, without argv[0] */
	size_t nr_args;
	const char *root;	/* in front of /dev/kvm and /proc/cpuinfo; NULL: this machine's */
	uint64_t seed;		/* the run's; with another, memory in the guest lies elsewhere */
	bool needs_kmod;	/* something selected needs the module of runner/kmod */
	FILE *notes;		/* one line each on fetching, falling back, ...; NULL: none */
};

struct vm_outcome {
	enum vm_verdict verdict;
	enum vm_accel accel;	/* the one that was used, never AUTO after a boot */
	int guest_status;	/* runner's exit status; minus the signal it died of; or INT_MIN */
	int signal;
	double boot_s;		/* wall seconds from QEMU's start to the heartbeat, < 0: none */
	double guest_boot_s;	/* guest uptime at the heartbeat, < 0: none */
	double wall_s;		/* wall seconds from QEMU's start to its end */
	int has_end;		/* the document's end object arrived */
	char running[256];	/* first planned id without a result, "": none */
	char reason[768];	/* one line, "" when passed */
	char kept_console[PATH_MAX];	/* "": none */
};

/* A complete document line without its newline. Non-zero ends the guest: VM_BROKEN. */
typedef int (*vm_line_cb)(void *ctx, const char *line, size_t len);

/*
 * Blocks SIGINT, SIGTERM and SIGHUP while it runs and restores the mask. 0 when an outcome was
 * reached, whatever it is; -errno only when the outcome could not even be filled in.
 */
int vm_run(const struct vm_config *cfg, vm_line_cb cb, void *ctx, struct vm_outcome *out);

/*
 * Without a boot: gets the kernel and the module into the cache, and says in @out.accel what a boot
 * would use; AUTO stays where only a boot can tell whether KVM works. @out.verdict says what went
 * wrong (VM_PASSED: nothing). 0 or -errno, as vm_run().
 */
int vm_look(const struct vm_config *cfg, struct vm_outcome *out);

/* The path of the binary that becomes /init: see vm_config.runner. 0 or -errno. */
int vm_find_runner(const struct vm_config *cfg, char *path, size_t sz);
/* One that runs here and has the same benches: the same, but for guests of another architecture. */
int vm_find_lister(const struct vm_config *cfg, char *path, size_t sz);

/*
 * Writes the ELF vmlinux of a kernel to @path, atomically; where it has none in its image (arm64),
 * its BTF. @out says what went wrong (verdict
 * VM_PASSED: nothing).
 */
int vm_write_vmlinux(const struct vm_config *cfg, const char *path, struct vm_outcome *out);

/* The guest came up and went down before its runner was done. */
bool vm_verdict_is_bad_end(enum vm_verdict verdict);
/*
 * 0, 1, 2, 4, 10 (panicked), 11 (hung), 12 (no boot), 13 (no QEMU), 14 (QEMU died), 15 (flooded),
 * 124, 128 + signal.
 */
int vm_exit_status(const struct vm_outcome *out);
const char *vm_verdict_name(enum vm_verdict verdict);
const char *vm_accel_name(enum vm_accel accel);
const char *vm_engine_name(enum vm_engine engine);

#endif
