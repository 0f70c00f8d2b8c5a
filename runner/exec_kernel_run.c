// SPDX-License-Identifier: GPL-2.0-only
/* One batch on the running kernel, by each driver. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "exec_kernel.h"
#include "workers.h"

/* Workers must have run at the same time for at least this part of the slower one's batch. */
#define MIN_OVERLAP 0.9
#define PACKET_SZ 64
/* How long a batch of several workers lasts, and what they need to set out together. */
#define WORKERS_BATCH_NS 100000
#define WORKERS_START_NS 5000

struct loop_batch {
	struct bench_run *run;
	uint64_t chunks;
	uint64_t until;
	void *args;		/* bench_args[] of the object */
};

/*
 * Raw tracepoints get their arguments as the context, others in bench_args[], a row for each
 * worker; which one it is stands in the control block of a tc program's packet.
 */
static int run_loop_worker(void *ctx, int worker)
{
	static const char zeroes[PACKET_SZ];
	struct loop_batch *batch = ctx;
	struct bench_run *r = batch->run;
	struct bpf_program *loop = r->trigger ? r->trigger : r->prog;
	__u64 args[NR_BENCH_ARGS] = { [BENCH_ARG_CHUNKS] = batch->chunks,
				      [BENCH_ARG_WORKER] = worker,
				      [BENCH_ARG_UNTIL] = batch->until };
	struct __sk_buff skb = { .cb = { worker } };
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err;

	if (bpf_program__type(loop) == BPF_PROG_TYPE_RAW_TRACEPOINT) {
		opts.ctx_in = args;
		opts.ctx_size_in = sizeof(args);
	} else {
		memcpy((char *)batch->args + worker * sizeof(args), args, sizeof(args));
		if (worker) {
			opts.ctx_in = &skb;
			opts.ctx_size_in = sizeof(skb);
		}
		opts.data_in = r->packet ? r->packet : zeroes;
		opts.data_size_in = r->packet ? r->packet_sz : sizeof(zeroes);
	}
	err = bpf_prog_test_run_opts(bpf_program__fd(loop), &opts);
	if (!err && opts.retval)
		err = -EBADMSG;
	return err;
}

/* Sums of the workers' figures; the flag when they did not run side by side. */
static void read_states(const struct bench_run *r, struct sample *s, uint64_t *sink)
{
	uint64_t first_end = UINT64_MAX, last_start = 0, longest = 0;
	unsigned int i;

	s->elapsed = s->done = *sink = 0;
	for (i = 0; i < r->bench->workers; i++) {
		const volatile struct bench_state *st = &r->states[i];
		uint64_t elapsed = st->end - st->start;

		s->elapsed += elapsed;
		s->done += st->done;
		*sink += st->sink;
		if (elapsed > longest)
			longest = elapsed;
		if (st->start > last_start)
			last_start = st->start;
		if (st->end < first_end)
			first_end = st->end;
	}
	if (r->bench->workers > 1 &&
	    (first_end < last_start || first_end - last_start < MIN_OVERLAP * longest))
		s->flags |= SAMPLE_NO_OVERLAP;
}

static int run_one(struct exec *x, struct slot_state *st, uint64_t ops, struct sample *s,
		   uint64_t *sink)
{
	struct loop_batch batch = { .run = &st->run,
				    .chunks = (ops + BENCH_CHUNK - 1) / BENCH_CHUNK,
				    .args = st->args };
	int err = run_loop_worker(&batch, 0);

	if (err)
		return exec_fail(x, err, "test run of %s: %s", st->run.bench->id, strerror(-err));
	read_states(&st->run, s, sink);
	if (s->done != batch.chunks * BENCH_CHUNK)
		return exec_fail(x, -EBADMSG, "%s did %llu operations of %llu", st->run.bench->id,
				 (unsigned long long)s->done,
				 (unsigned long long)(batch.chunks * BENCH_CHUNK));
	return 0;
}

/*
 * Several workers get the same time, not the same work: one that is slower, because the other has
 * the line, would go on alone for the rest of its work.
 */
static int run_several(struct exec *x, struct slot_state *st, struct sample *s)
{
	struct exec_kernel *k = x->priv;
	struct loop_batch batch = { .run = &st->run, .chunks = UINT32_MAX >> 10,
				    .args = st->args };
	uint64_t sink;
	unsigned int i;
	int err;

	batch.until = bench_now_ns() + WORKERS_START_NS + WORKERS_BATCH_NS;
	err = workers__run(k->workers, run_loop_worker, &batch);
	if (err)
		return exec_fail(x, err, "test run of %s: %s", st->run.bench->id, strerror(-err));
	read_states(&st->run, s, &sink);
	for (i = 0; i < st->run.bench->workers; i++)
		if (!st->run.states[i].done)
			return exec_fail(x, -EBADMSG, "%s: worker %u did nothing",
					 st->run.bench->id, i);
	return 0;
}

/* Programs whose type has no repetition in BPF_PROG_TEST_RUN: one system call is one run. */
static int run_calls(struct slot_state *st, uint64_t runs, __u32 *retval)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = st->run.ctx_in,
		    .ctx_size_in = st->run.ctx_sz);
	int err = 0, fd = bpf_program__fd(st->run.prog);
	uint64_t i;

	/* They refuse a repeat count before they do anything. */
	opts.repeat = st->is_refused ? 1 : 0;
	for (i = 0; i < runs && !err; i++) {
		err = bpf_prog_test_run_opts(fd, &opts);
		if (st->is_refused)
			err = err == -EINVAL ? 0 : -EBADMSG;
	}
	*retval = st->is_refused ? st->run.bench->retval : opts.retval;
	return err;
}

/*
 * With the baseline "once" the case runs one time more than it counts: what remains of the pair
 * is exactly the counted runs.
 */
static int run_repeat(struct exec *x, struct slot_state *st, uint64_t runs, __u32 *retval)
{
	static const char zeroes[PACKET_SZ];
	struct bench_run *r = &st->run;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = r->ctx_in, .ctx_size_in = r->ctx_sz);
	int err;

	if (bpf_program__type(r->prog) != BPF_PROG_TYPE_SK_LOOKUP) {
		opts.data_in = r->packet ? r->packet : zeroes;
		opts.data_size_in = r->packet ? r->packet_sz : sizeof(zeroes);
	}
	opts.repeat = r->is_once ? 1 : x->bench->base_kind == BASE_ONCE ? runs + 1 : runs;
	err = bpf_prog_test_run_opts(bpf_program__fd(r->prog), &opts);
	*retval = opts.retval;
	return err;
}

uint64_t kernel_expected_runs(const struct exec *x, const struct slot_state *st, uint64_t runs)
{
	if (st->is_refused)
		return 0;
	if (st->run.is_once)
		return 1;
	return runs + (x->bench->base_kind == BASE_ONCE && st->run.bench == x->bench);
}

/* Program types whose test run is one run. */
static bool has_repeat(const struct bpf_program *prog)
{
	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_STRUCT_OPS:
	case BPF_PROG_TYPE_TRACING:
		return false;
	default:
		return true;
	}
}

static int run_test_run(struct exec *x, struct slot_state *st, uint64_t runs, struct sample *s)
{
	uint64_t start = bench_now_ns();
	__u32 retval = 0;
	int err;

	err = has_repeat(st->run.prog) ? run_repeat(x, st, runs, &retval) :
					 run_calls(st, runs, &retval);
	s->elapsed = bench_now_ns() - start;
	s->done = runs * x->bench->ops;
	if (err)
		return exec_fail(x, err, "test run of %s: %s", st->run.bench->id, strerror(-err));
	if (retval != st->run.bench->retval)
		return exec_fail(x, -EBADMSG, "%s returned %u, not %u", st->run.bench->id, retval,
				 st->run.bench->retval);
	return 0;
}

static int run_family(struct exec *x, struct slot_state *st, uint64_t ops, struct sample *s)
{
	struct bench_run *r = &st->run;
	struct bench_batch b = { .done = ops };
	uint64_t start = bench_now_ns(), end;
	int err = r->family->run(r, ops, &b);

	end = bench_now_ns();
	if (err)
		return kernel_family_fail(x, r, err, "a batch");
	if (!b.done)
		return exec_fail(x, -EBADMSG, "%s did no operation of %llu", r->bench->id,
				 (unsigned long long)ops);
	s->done = b.done;
	st->is_watched = b.is_watched;
	if (b.switches)
		s->flags |= SAMPLE_SWITCHED;
	s->elapsed = b.elapsed ? b.elapsed : end - start;
	return 0;
}

int kernel_run_slot(struct exec *x, struct slot_state *st, uint64_t ops, struct sample *s,
		    uint64_t *sink)
{
	uint64_t runs;

	*sink = 0;
	if (bench_has_run(st->run.bench))
		return run_family(x, st, ops, s);
	if (st->run.bench->workers > 1)
		return run_several(x, st, s);
	if (bench_has_loop(st->run.bench))
		return run_one(x, st, ops, s, sink);
	runs = ops / x->bench->ops;
	return run_test_run(x, st, runs ? runs : 1, s);
}
