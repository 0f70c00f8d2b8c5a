/* SPDX-License-Identifier: GPL-2.0-only */
/* Many programs from one: to hang a chain of them somewhere. */
#ifndef BENCH_PROG_SET_H
#define BENCH_PROG_SET_H

#include <stdint.h>
#include <bpf/libbpf.h>

#define PROG_SET_MAX 1024u

struct prog_set {
	uint32_t nr;
	int progs[PROG_SET_MAX];	/* [0] and maps[0] belong to the object */
	int maps[PROG_SET_MAX];		/* -1: none */
	uint64_t runs[PROG_SET_MAX];	/* at prog_set_mark() */
};

/*
 * @prog, which is loaded and has no subprograms, and nr - 1 copies of it. Each has a map of its own
 * like @map in place of that, unless it is NULL. 0 or -errno; prog_set_close() in either case.
 */
int prog_set_load(struct prog_set *s, struct bpf_program *prog, struct bpf_map *map, uint32_t nr);
/* Zeroed: nothing. */
void prog_set_close(struct prog_set *s);

/* The kernel's counts of runs, which somebody must have switched on (BPF_ENABLE_STATS). */
int prog_set_mark(struct prog_set *s);
/* Runs of program @i since then, or -errno. */
int64_t prog_set_runs(const struct prog_set *s, uint32_t i);
/* Runs of all; @ctx is the set. For traffic_wait(). */
int64_t prog_set_all_runs(void *ctx);

#endif
