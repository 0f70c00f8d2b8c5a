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

#define BENCH_MAX_REPORTS 16

/* A figure of one load beside its time. */
struct bench_report {
	const char *metric;	/* of the metric table */
	double value;
};

/* One loaded program of a family: a case, or the baseline of one. */
struct bench_run {
	const struct bench *bench;
	const struct bench_family *family;
	void *skel;			/* struct <family> * of the skeleton */
	struct bpf_object *obj;
	struct bpf_program *prog;	/* NULL: __driver("user") */
	struct bpf_program *trigger;	/* the loop that makes prog run; NULL: none */
	struct bench_state *states;	/* NULL in programs without BENCH() */
	uint32_t load;			/* 0: the first of this program in this process */
	enum slot slot;			/* case or baseline: both are loaded at a time */
	enum clock_kind clock;
	int cpu;			/* where worker 0 runs */
	const int *cpus;		/* where all of them do */
	uint64_t seed;
	bool is_counted;		/* the clock counts instructions: sleeping costs nothing */
	bool is_once;			/* baseline: the program runs once in a batch */
	bool is_timed;			/* run(): the batch counts, it is no verification */
	/* Test runs: what they get instead of 64 zero bytes, and a context; set by setup(). */
	const void *packet, *ctx_in;
	uint32_t packet_sz, ctx_sz;
	uint64_t tick;			/* counted: when there was one, for bench_settle() */
	void *priv;			/* the family's own; outlives the loads of this slot */
	uint64_t ops;			/* operations of the batch to be verified */
	struct bench_report reports[BENCH_MAX_REPORTS];
	int nr_reports;
	char err[256];			/* why an operation of the family failed */
};

/* A batch of run(). */
struct bench_batch {
	uint64_t done;		/* preset to the operations asked for */
	uint64_t elapsed;	/* ns; 0: the time that run() took */
	/* bench_start() and bench_stop() only. */
	bool is_watched;
	uint64_t start;
	long switches;		/* involuntary ones while the clock ran */
	long switches_before;
};

struct bench_derived {
	const char *name, *description;
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
	/* These two look at bench_run_cnt(): not called in each load of a counted guest. */
	bool counts_runs;
	/* __exclusive: in front of and behind the case's batches; setup() attaches nothing. */
	int (*attach)(struct bench_run *r);
	void (*detach)(struct bench_run *r);
	/* __driver("attach") and ("user"): @ops operations; the executor has the clock. */
	int (*run)(struct bench_run *r, uint64_t ops, struct bench_batch *b);
	/* Behind the batches of a load: bench_report() what they showed. */
	int (*report)(struct bench_run *r);
	void (*unload)(struct bench_run *r);	/* in front of the end of the skeleton */

	/*
	 * Benches without a program, up to one without a name: derive() computes the one that
	 * out->name says from the results so far of the same run.
	 */
	const struct bench_derived *derived;
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
/*
 * A figure of this load, from report(): the result gets the median over loads. @metric is a name
 * of the metric table (runner/core/metric.c) and outlives the run.
 */
int bench_report(struct bench_run *r, const char *metric, double value);
/*
 * How often @prog has run, by the kernel's own count. It counts around the verifications of
 * __driver("test_run") and of a family with counts_runs: that makes every program slower, so never
 * around a batch that is timed.
 */
int bench_run_cnt(const struct bpf_program *prog, uint64_t *cnt);
/* The clock of batches: CLOCK_MONOTONIC, that of bpf_ktime_get_ns(). */
uint64_t bench_now_ns(void);
/*
 * Around what counts of a batch, for a run() that must also do what does not: a context switch
 * there is no disturbance. They cost one clock reading of each pair; two in a row add up.
 */
void bench_start(struct bench_batch *b);
void bench_stop(struct bench_batch *b);
/*
 * In front of bench_start(), in a run() that leaves the kernel work to do behind it (frees what
 * RCU guards, say): waits until that is done, has freed vmalloc() areas taken back, and waits until
 * the tick is just over, so that a whole tick (4 ms at HZ=250) is free of all that. That is in
 * counted guests, where waiting costs nothing; elsewhere a short sleep, in which what is ready to
 * run does so.
 */
void bench_settle(struct bench_run *r);
/* Sleeps 20 ms and on, until a tick is just over; @tick: when there was one. */
void bench_wait_behind_tick(uint64_t tick);
/* Waits for a tick, busily: up to 4 ms at HZ=250. When it was. */
uint64_t bench_meet_tick(void);
/* Operations in a row whose results bench_run_each() lets stand. */
#define BENCH_MAX_KEPT 64
/*
 * A batch whose operation, once(), makes what undo() takes away, untimed: of at most
 * BENCH_MAX_KEPT operations. In a counted guest the batch is one operation behind two of its kind
 * (one, if they are long), all in a settled kernel. 0 or what once() returned.
 */
int bench_run_each(struct bench_run *r, uint64_t ops, struct bench_batch *b,
		   int (*once)(struct bench_run *), void (*undo)(struct bench_run *));
/* The value of a parameter; 0 if the bench has none of that name. */
uint64_t bench_run_param(const struct bench_run *r, const char *name);
/*
 * The sum that the batch returned is the sum of expect(r, i) for its operations i = 0, 1, ...
 * One worker.
 */
int bench_verify_sum(struct bench_run *r,
		     uint64_t (*expect)(const struct bench_run *r, uint64_t i));
/* A line through the net of the cases of @name over their only parameter, in rising order. */
struct bench_line {
	const char *family, *name;
	bool is_per_param;	/* net is per unit of the parameter: the line is through net x it */
};

/*
 * From derive(): adds slope and R2 to @out. In time mode the slope is as uncertain as the last
 * case, which weighs most. SKIP if fewer than three have figures. @fit: R2 and, for a verdict on
 * it, whether intervals are so wide that they could not show a curve.
 */
struct bench_line_fit {
	double r2;
	bool is_noisy;
};
int bench_derive_line(const struct bench_line *line, const struct result *results, size_t nr,
		      enum clock_kind clock, struct result *out, struct bench_line_fit *fit);
/* A .derive: "slope_CASE" is the line through the net of CASE of the same family. */
int bench_derive_slope(const struct result *results, size_t nr, enum clock_kind clock,
		       struct result *out);
/* Fills @map with the elements 0 ... nr - 1: see runner/map_content.h, which does more. */
int bench_fill_map(struct bench_run *r, struct bpf_map *map, uint32_t nr,
		   uint64_t (*value)(uint32_t key));

#endif
