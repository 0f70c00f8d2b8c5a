/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one launcher owns while it runs: a temporary directory, the signals it watches, child
 * processes, the cache directory and its lock; and the one-line reason of a failure.
 */
#ifndef BENCH_VM_SCRATCH_H
#define BENCH_VM_SCRATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "vm.h"

struct vm_arch;

/* One guest's kernel, ELF and module, each once more for a retry. */
#define NR_HELD_MAX	16

struct scratch {
	const struct vm_arch *arch;	/* of the guests */
	char dir[PATH_MAX - 64];	/* temporary, private, removed at the end */
	char cache[PATH_MAX - 256];
	int lock_fd;			/* marks dir as owned by a living launcher */
	int held[NR_HELD_MAX];		/* shared locks on what we use of the cache */
	size_t nr_held;
	int signal_fd;
	int signal;			/* the one that interrupted us, 0: none */
	bool deferred_signals;		/* signals are blocked and read through signal_fd */
	sigset_t *old_mask;
	FILE *notes;
	enum vm_verdict verdict;	/* set with the reason */
	char reason[768];
};

/* 0 or -errno with the reason set. */
int scratch_open(struct scratch *s, const struct vm_config *cfg);
void scratch_close(struct scratch *s);

/* Records the first reason only, returns @err. */
int scratch_fail(struct scratch *s, enum vm_verdict verdict, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void scratch_note(struct scratch *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* -EINTR with the reason set when a signal is pending, else 0. */
int scratch_check_signal(struct scratch *s);

/* Locks the cache; says so once when another launcher holds it. A descriptor or -errno. */
int scratch_lock_cache(struct scratch *s);

/*
 * Keeps "prune" from removing a file or directory of the cache until scratch_close(): a shared
 * lock. 0, or -errno when it is not there or is being removed.
 */
int scratch_hold(struct scratch *s, const char *path);
/* The lock of who removes it: a descriptor, -EWOULDBLOCK while it is held, or -errno. */
int scratch_lock_unheld(const char *path);

/* Creates the cache directory when it is missing. */
int scratch_make_cache(struct scratch *s);

struct proc {
	pid_t pid;
	int pid_fd;
	bool is_tree;	/* set it for a command that starts others: they die with us as well */
};

/*
 * The child dies with us, has stdin from /dev/null and its output in the given files (NULL:
 * /dev/null; the same path twice: one file), and runs in @dir unless that is NULL.
 */
int proc_start(struct scratch *s, struct proc *c, char *const argv[], const char *out_path,
		const char *err_path, const char *dir);
/* Wall milliseconds, < 0: for ever. 1 when it ended, 0 after the time, -EINTR after a signal. */
int proc_wait(struct scratch *s, struct proc *c, int timeout_ms);
/*
 * Kills it and what it started, and reaps; the wait status, or -1 when it was reaped before. Safe
 * to repeat.
 */
int proc_end(struct proc *c);
/*
 * Runs to its end. The exit status, 128 + signal, or -errno: after a signal to us it is interrupted,
 * and killed if it is still there seconds later.
 */
int proc_run(struct scratch *s, char *const argv[], const char *out_path, const char *err_path,
	      const char *dir);

/* Whole file, NUL-terminated behind *len. 0 or -errno (-EFBIG above @max). */
int file_read(const char *path, size_t max, char **data, size_t *len);
/* Through a temporary name beside @path and a rename. 0 or -errno. */
int file_write_atomic(const char *path, const void *data, size_t len);
/* FNV-1a: tells things apart, guards against nothing. Starts with HASH_INIT. */
#define HASH_INIT	0xcbf29ce484222325ull
uint64_t hash_add(uint64_t hash, const void *data, size_t len);
/* Which file it is: one written anew has another time or size. 0 or -errno. */
int hash_add_file(uint64_t *hash, const char *path);
/* In place, for a file in a directory that is itself temporary. 0 or -errno. */
int file_write(const char *path, const void *data, size_t len);
int dir_make_all(const char *path);
/* Removes the files of a directory, not below it, whose names end with @suffix. 0 or -errno. */
int dir_remove_files(const char *path, const char *suffix);
/* Removes a tree without following symbolic links. Missing is fine. */
int dir_remove_all(const char *path);
/* Some tools do not say that this is why they failed. */
bool disk_is_full(const char *path);
/* snprintf that treats a cut as an error: 0 or -ENAMETOOLONG. */
int text_format(char *buf, size_t sz, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Last line of a text with something in it, control characters replaced; "" when there is none. */
void text_last_line(const char *text, size_t len, char *line, size_t sz);
/* Printable copy of one line. */
void text_sanitize(const char *text, size_t len, char *line, size_t sz);
double clock_wall_s(void);

#endif
