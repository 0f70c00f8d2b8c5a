/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_EXEC_H
#define BENCH_EXEC_H

#include <stdint.h>
#include "core/bench.h"
#include "core/code.h"
#include "core/plan.h"
#include "rcu.h"

/*
 * What carries out a plan: the kernel, or a fake with known effects. Operations return 0 or -errno
 * with a clause in exec.err; -EOPNOTSUPP is a SKIP with that clause as its reason.
 */
struct exec {
	const struct exec_ops *ops;
	const struct bench_list *list;
	const struct bench *bench;
	enum clock_kind clock;
	uint64_t seed;
	int cpus[BENCH_MAX_WORKERS];	/* where worker 0, 1, ... runs */
	int nr_cpus;
	bool has_base_result;	/* the baseline is measured itself: its code is there */
	bool has_reference;	/* set by open(): SLOT_REF can be loaded */
	bool is_sized;		/* verify(): no larger batch will be verified behind it */
	bool is_timed;		/* the batches that follow are samples */
	bool is_brief;		/* no load more than it takes to see that counts agree */
	bool may_defer;		/* verify(): what takes counting runs can wait, */
	bool is_deferred;	/* and does: the batch ran, its effect is not verified */
	uint64_t tick;		/* counted guests: when there was one of the timer's */
	struct rcu rcu;		/* expedited between batches; fd -1: never */
	void *priv;
	char err[512];
};

/* What is known of a loaded program. */
struct prog_facts {
	uint32_t xlated_bytes;
	uint32_t jited_bytes;
	uint32_t verified_insns;	/* 0: the kernel does not tell (before 5.16) */
};

/* Figures of one load beside its samples. */
struct load_report {
	const char *metric;
	double value;
};

struct exec_ops {
	const char *name;
	/* Which CPUs, features and so on: before any slot of x->bench is loaded. */
	int (*open)(struct exec *x, const char *arg);
	void (*close)(struct exec *x);
	/* A fresh instance of a slot's program: open, load, fill its maps. */
	int (*load)(struct exec *x, enum slot slot);
	void (*unload)(struct exec *x, enum slot slot);
	/* Exclusive benches: the case takes effect only in between. */
	int (*attach)(struct exec *x, enum slot slot);
	void (*detach)(struct exec *x, enum slot slot);
	/* One untimed batch of at least @n operations whose effect is checked. */
	int (*verify)(struct exec *x, enum slot slot, uint64_t n);
	/* The timed operation survived in the translated programs of the loaded slots. */
	int (*survived)(struct exec *x);
	/* In front of the rounds of a load. */
	void (*settle)(struct exec *x);
	/* One batch of about @n operations: fills elapsed, done and flags. */
	int (*run_batch)(struct exec *x, enum slot slot, uint64_t n, struct sample *s);
	/* Behind each round: SAMPLE_* flags that all of its batches get. */
	uint32_t (*round_flags)(struct exec *x);
	/* Behind the rounds of a load of SLOT_RAW: up to @max figures; how many, or -errno. */
	int (*report)(struct exec *x, struct load_report *out, int max);
	int (*facts)(struct exec *x, enum slot slot, struct prog_facts *f);
	/* What the kernel made of the slot's program; NULL: it has none. 0 or -ENOMEM. */
	int (*code)(struct exec *x, enum slot slot, struct prog_code **code);
};

extern const struct exec_ops exec_kernel, exec_fake;
/*
 * In front of all children, which inherit what is found out here: libbpf asks the kernel by a dozen
 * loads what it takes, once in a process.
 */
void exec_kernel_prepare(struct exec *x);

int exec_fail(struct exec *x, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A bench that every run measures as a fixed loop in each round. */
#define EXEC_REFERENCE_ID "selfcheck/mix"
/* A bench that every run contains, selected or not: the A/A. */
#define EXEC_AA_ID "selfcheck/empty"

/*
 * Measures x->bench by the plan: result metrics, samples and status are filled in; the plan's
 * nr_slots is set from the bench. 0, or -ENOMEM; everything else becomes the result's status.
 */
int measure(struct exec *x, const char *exec_arg, const struct plan_params *p, struct result *r);

#endif
