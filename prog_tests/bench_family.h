/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user side of a family. prog_tests/<family>.c holds
 *
 *	#include "bench_family.h"
 *	#include "<family>.skel.h"
 *
 *	BENCH_FAMILY(<family>);
 *
 * and, between the parentheses, the operations that BPF tags cannot say. The names of the files
 * are the registry: nothing else lists them.
 */
#ifndef BENCH_FAMILY_H
#define BENCH_FAMILY_H

#include <stddef.h>
#include <stdint.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "bench_state.h"
#include "core/bench.h"

/* One loaded program of a family: a case, or the baseline of one. */
struct bench_run {
	const struct bench *bench;
	const struct bench_family *family;
	void *skel;			/* struct <family> * of the skeleton */
	struct bpf_object *obj;
	struct bpf_program *prog;
	struct bench_state *states;	/* NULL in programs without BENCH() */
	uint32_t load;			/* 0: the first of this program in this process */
	bool is_once;			/* baseline: the program runs once in a batch */
	uint64_t ops;			/* operations of the batch to be verified */
	char err[256];			/* why an operation of the family failed */
};

/*
 * Every operation returns 0, or -errno with a clause in r->err (bench_fail()). -EOPNOTSUPP is a
 * SKIP with that clause as its reason; anything else fails the bench.
 */
struct bench_family {
	const char *name;
	const void *(*elf)(size_t *sz);
	void *(*open)(void);
	int (*load)(void *skel);
	void (*destroy)(void *skel);
	struct bpf_object *(*object)(void *skel);

	int (*prepare)(struct bench_run *r);	/* opened: map sizes, further programs */
	int (*setup)(struct bench_run *r);	/* loaded: map content */
	int (*before)(struct bench_run *r);	/* in front of an untimed batch */
	int (*verify)(struct bench_run *r);	/* behind it: r->ops operations took effect */

	/* A bench without a program, computed from the results so far of the same run. */
	const char *derived_name, *derived_description;
	int (*derive)(const struct result *results, size_t nr, enum clock_kind clock,
		      struct result *out);
};

#define BENCH_FAMILY(fam, ...)							\
	static const void *fam##_elf(size_t *sz)				\
	{									\
		return fam##__elf_bytes(sz);					\
	}									\
	static void *fam##_open(void)						\
	{									\
		return fam##__open();						\
	}									\
	static int fam##_load(void *skel)					\
	{									\
		return fam##__load(skel);					\
	}									\
	static void fam##_destroy(void *skel)					\
	{									\
		fam##__destroy(skel);						\
	}									\
	static struct bpf_object *fam##_object(void *skel)			\
	{									\
		return ((struct fam *)skel)->obj;				\
	}									\
	const struct bench_family bench_##fam = {				\
		.name = #fam,							\
		.elf = fam##_elf,						\
		.open = fam##_open,						\
		.load = fam##_load,						\
		.destroy = fam##_destroy,					\
		.object = fam##_object,						\
		__VA_ARGS__							\
	}

/* Sets r->err and returns @err. */
int bench_fail(struct bench_run *r, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The value of a parameter; 0 if the bench has none of that name. */
uint64_t bench_run_param(const struct bench_run *r, const char *name);
/*
 * The sum that the batch returned is the sum of expect(r, i) for its operations i = 0, 1, ...
 * One worker.
 */
int bench_verify_sum(struct bench_run *r,
		     uint64_t (*expect)(const struct bench_run *r, uint64_t i));
/* Fills @map (4-byte keys 0 ... nr - 1, 8-byte values value(key); per-CPU: on each CPU). */
int bench_fill_map(struct bench_run *r, struct bpf_map *map, uint32_t nr,
		   uint64_t (*value)(uint32_t key));

#endif
