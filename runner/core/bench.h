/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_BENCH_H
#define BENCH_CORE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include "doc.h"

/*
 * A measurement as its BPF source declares it through btf_decl_tag strings (progs/bench.bpf.h),
 * known before anything runs. Parsing is pure: tags in, benches out.
 */
#define BENCH_TAG_PREFIX "bench:"
#define BENCH_MAX_NEEDS 8
#define BENCH_MAX_CHECKS 4
#define BENCH_MAX_VALUES 32	/* values of one parameter */
#define BENCH_MAX_WORKERS 64
#define BENCH_MIN_BATCH 64	/* operations; a multiple of BENCH_CHUNK of the BPF side */
#define BENCH_MAX_BATCH 4096

enum bench_driver {
	DRIVER_LOOP,		/* the loop and the clock are in the program (BENCH()) */
	DRIVER_TEST_RUN,	/* BPF_PROG_TEST_RUN repeats it, the clock is in user space */
	DRIVER_ATTACH,		/* attached; the family's run() makes the kernel run it */
	DRIVER_USER,		/* no program: the family's run() is the operation */
	DRIVER_DERIVED,		/* computed from results of the same run */
};

enum bench_base {
	BASE_NONE,
	BASE_BENCH,		/* another bench, run the same number of times */
	BASE_ONCE,		/* the same program run once: what the system call costs */
	BASE_REFUSED,		/* the same system calls, refused before the program runs */
};

/* A kind of instruction of the translated program that must be there in excess of the baseline. */
enum insn_kind { INSN_ALU, INSN_LOAD, INSN_STORE, INSN_ATOMIC, INSN_CALL, INSN_CALL_PC, INSN_JUMP,
		 NR_INSN_KINDS };
const char *insn_kind_name(enum insn_kind k);

struct bench_check {
	enum insn_kind kind;
	long long at_least;
};

struct bench {
	char *id;
	char *family;
	char *name;
	char *description;
	struct param params[RESULT_MAX_PARAMS];
	int nr_params;
	char *needs[BENCH_MAX_NEEDS];
	int nr_needs;
	enum bench_driver driver;
	enum bench_base base_kind;
	char *baseline;			/* as declared; NULL for none */
	size_t base;			/* BASE_BENCH: index in the list */
	struct bench_check checks[BENCH_MAX_CHECKS];
	int nr_checks;
	char *notes[RESULT_MAX_NOTES];
	int nr_notes;
	unsigned int ops;		/* operations in one run of the program */
	unsigned int min_batch;		/* operations of the smallest batch, a power of two */
	unsigned int workers;		/* CPUs that run it at once */
	unsigned int max_loads;		/* one is expensive: no more of them; 0: no bound */
	unsigned int max_rounds;	/* an operation is: no more of them; 0: no bound */
	char *trigger;			/* program with the timed loop that makes this one run */
	bool is_exclusive;		/* attached, it also runs in the baseline's batches */
	bool is_unrehearsed;		/* insn mode: the first load finds what later ones do */
	char *time_only;		/* why counts cannot show it; NULL: they do */
	unsigned int retval;		/* DRIVER_TEST_RUN: what a run returns */
	bool has_net_insn;		/* insn mode: net must be exactly net_insn */
	long long net_insn;
};

struct bench_list {
	struct bench *v;
	size_t nr, cap;
};

/* Does the loop of BENCH() with its own clock run the operations? */
bool bench_has_loop(const struct bench *b);
/* Are they run by the family's run()? */
bool bench_has_run(const struct bench *b);

/*
 * Adds the benches that program @prog of @family declares: one for each combination of parameter
 * values, in the order declared. A program without a bench tag adds none. 0, -ENOMEM, or -EINVAL
 * with one clause in @err that names program and tag.
 */
int bench_list_add(struct bench_list *list, const char *family, const char *prog,
		   const char *const *tags, size_t nr_tags, char *err, size_t err_sz);
/* A bench that user code computes; no tags, no parameters. */
int bench_list_add_derived(struct bench_list *list, const char *family, const char *name,
			   const char *description, char *err, size_t err_sz);
/*
 * Finds the baselines. "name", "name:param=value" (same family) or "family/name": parameters the
 * baseline has and the tag does not give are those of the case. -EINVAL for a duplicate ID or a
 * baseline that does not exist, is the bench itself, or needs a parameter nobody gives.
 */
int bench_list_resolve(struct bench_list *list, char *err, size_t err_sz);
const struct bench *bench_list_find(const struct bench_list *list, const char *id);
/* NULL if the bench has no such parameter */
const struct param *bench_param(const struct bench *b, const char *name);
void bench_list_free(struct bench_list *list);

#endif
