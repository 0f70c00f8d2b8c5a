// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "bench_family.h"
#include "net/netns.h"
#include "net/pair.h"
#include "net/xsk.h"
#include "record.h"
#include "workers.h"
#include "../progs/map_comm.h"
#include "map_comm.skel.h"

#define PERF_PAGES (COMM_BYTES / 4096)
/* In turns nothing can be refused; what happens where the buffer wraps is to be rare. */
#define PERF_PAGES_TURN 256
/* Records in a turn: all kinds have room for more. */
#define TURN 128
/* Timed batches of a load whose throughputs are kept for the median. */
#define MAX_BATCHES 256
/* How long a reader sleeps that nobody wakes. */
#define POLL_MS 1
#define TEST_XDP_LIVE_FRAMES (1u << 1)	/* BPF_F_TEST_XDP_LIVE_FRAMES, 5.18: b530e9e1063e */

struct comm;

struct comm_kind {
	const char *name;	/* of the case, behind "turn_" */
	const char *map;
	const char *program;	/* the kernel's end */
	int (*open)(struct bench_run *r, struct comm *c);
	int64_t (*send)(struct comm *c, uint64_t nr);	/* how many were refused, or -errno */
	int (*take)(struct comm *c);			/* what is there */
	bool sleeps;		/* the reader, when nothing is there */
};

/* Outlives the loads; what is above @workers is of one load. */
struct comm {
	const struct comm_kind *kind;
	struct map_comm *skel;
	int map, program;
	struct record_reader reader;
	struct user_ring_buffer *user_ring;
	const volatile struct record *slots;
	struct record composed[TURN];	/* of `turn_nothing` */
	uint64_t sent, refused;
	uint64_t timed_taken, timed_refused;
	double throughputs[MAX_BATCHES];
	int nr_throughputs;

	struct workers *workers;
	struct net_pair pair;
	struct xsk xsk;
	bool has_xsk;

	/* Of a batch on two CPUs. */
	uint64_t ops, last_ns;
	int64_t batch_refused;
	atomic_bool is_sent;
};

static int64_t send_program(struct comm *c, uint64_t nr)
{
	return record_produce(c->program, c->sent, nr);
}

static int64_t send_packets(struct comm *c, uint64_t nr)
{
	static const char packet[sizeof(struct record)];
	struct xdp_md ctx = { .data_end = sizeof(packet),
			      .ingress_ifindex = c->pair.near.ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = nr,
		    .flags = TEST_XDP_LIVE_FRAMES);
	int64_t before = xsk_dropped(&c->xsk), after;
	int err;

	if (before < 0)
		return before;
	err = bpf_prog_test_run_opts(c->program, &opts);
	after = xsk_dropped(&c->xsk);
	return err ? err : after < 0 ? after : after - before;
}

static int64_t send_user(struct comm *c, uint64_t nr)
{
	struct record *rec;
	int64_t refused = 0;
	uint64_t i;

	for (i = 0; i < nr; i++) {
		rec = user_ring_buffer__reserve(c->user_ring, sizeof(*rec));
		if (!rec) {
			if (errno != ENOSPC)
				return -errno;
			refused++;
			continue;
		}
		record_fill(rec, c->sent + i);
		user_ring_buffer__submit(c->user_ring, rec);
	}
	return refused;
}

/*
 * Records that were composed before the first turn, so that only the program composes, as in the
 * cases. They begin at 0 in each turn.
 */
static int take_nothing(struct comm *c)
{
	const uint64_t next = c->reader.next;
	int i;

	c->reader.next = 0;
	for (i = 0; i < TURN; i++)
		record_take(&c->reader, &c->composed[i], sizeof(c->composed[i]));
	c->reader.next = next + TURN;
	return 0;
}

static int open_nothing(struct bench_run *r, struct comm *c)
{
	int i;

	(void)r;
	for (i = 0; i < TURN; i++)
		record_fill(&c->composed[i], i);
	return 0;
}

static int take_buffer(struct comm *c)
{
	return record_consume(&c->reader);
}

static int take_called(struct comm *c)
{
	uint64_t tail = c->skel->bss->comm_tail.v;
	const uint64_t head = __atomic_load_n(&c->skel->bss->comm_head.v, __ATOMIC_ACQUIRE);
	struct record rec;
	uint32_t key;
	int err = 0;

	for (; tail != head && !err; tail++) {
		key = tail % COMM_SLOTS;
		err = bpf_map_lookup_elem(c->map, &key, &rec);
		record_take(&c->reader, &rec, sizeof(rec));
	}
	__atomic_store_n(&c->skel->bss->comm_tail.v, tail, __ATOMIC_RELEASE);
	return err;
}

static int take_mapped(struct comm *c)
{
	uint64_t tail = c->skel->bss->comm_tail.v;
	const uint64_t head = __atomic_load_n(&c->skel->bss->comm_head.v, __ATOMIC_ACQUIRE);

	for (; tail != head; tail++)
		record_take(&c->reader, (const void *)&c->slots[tail % COMM_SLOTS],
			    sizeof(struct record));
	__atomic_store_n(&c->skel->bss->comm_tail.v, tail, __ATOMIC_RELEASE);
	return 0;
}

static void take_packet(void *ctx, const void *data, uint32_t len)
{
	record_take(ctx, data, len);
}

static int take_packets(struct comm *c)
{
	xsk_take(&c->xsk, take_packet, &c->reader);
	return 0;
}

/* The program counts what it takes. */
static int take_user(struct comm *c)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err = bpf_prog_test_run_opts(c->program, &opts);

	c->reader.taken = c->skel->bss->comm_taken;
	c->reader.missing = c->skel->bss->comm_missing;
	c->reader.wrong = c->skel->bss->comm_wrong;
	c->reader.next = c->skel->bss->comm_next;
	return err ?: opts.retval ? -EBADMSG : 0;
}

static int open_ringbuf(struct bench_run *r, struct comm *c)
{
	return record_open_ringbuf(&c->reader, bpf_object__find_map_by_name(r->obj, c->kind->map));
}

static bool takes_turns(const struct bench_run *r)
{
	return !strncmp(r->bench->name, "turn_", 5);
}

/* Where both take turns nobody sleeps. */
static int open_perfbuf(struct bench_run *r, struct comm *c)
{
	const bool turns = takes_turns(r);

	return record_open_perfbuf(&c->reader,
				   bpf_object__find_map_by_name(r->obj, c->kind->map), r->cpu,
				   turns ? PERF_PAGES_TURN : PERF_PAGES, !turns);
}

static int open_mapped(struct bench_run *r, struct comm *c)
{
	void *at = mmap(NULL, COMM_SLOTS * sizeof(struct record), PROT_READ,
			MAP_SHARED | MAP_POPULATE, c->map, 0);

	(void)r;
	if (at == MAP_FAILED)
		return -errno;
	c->slots = at;
	return 0;
}

static int open_user(struct bench_run *r, struct comm *c)
{
	(void)r;
	c->user_ring = user_ring_buffer__new(c->map, NULL);
	return c->user_ring ? 0 : -errno;
}

/* A queue is bound to one socket, which may take a while to let go: kept from load to load. */
static int open_xsk(struct bench_run *r, struct comm *c)
{
	uint32_t zero = 0;
	int err = 0;

	if (!c->has_xsk) {
		err = netns_private();
		err = err ?: net_pair_create(&c->pair, NET_VETH, 0);
		if (err)
			return bench_fail(r, err, "no veth pair: %s", c->pair.err);
		err = xsk_open(&c->xsk, c->pair.near.ifindex, COMM_SLOTS);
		if (err)
			return bench_fail(r, err, "%s", c->xsk.err);
		c->has_xsk = true;
	}
	err = bpf_map_update_elem(c->map, &zero, &c->xsk.fd, BPF_ANY);
	if (err)
		return err;
	/* A test run of a program that is not attached waits for RCU up to 7.2, tens of ms. */
	c->skel->links.produce_xdp = bpf_program__attach_xdp(c->skel->progs.produce_xdp,
							     c->pair.near.ifindex);
	return c->skel->links.produce_xdp ? 0 : -errno;
}

static const struct comm_kind comm_kinds[] = {
	{ "nothing", NULL, "produce_nothing", open_nothing, send_program, take_nothing, false },
	{ "array_syscall", "slots_called", "produce_called", NULL, send_program, take_called,
	  false },
	{ "mmap_ring", "slots_mapped", "produce_mapped", open_mapped, send_program, take_mapped,
	  false },
	{ "ringbuf", "ringbuf", "produce_quiet", open_ringbuf, send_program, take_buffer, false },
	{ "ringbuf_poll", "ringbuf", "produce_quiet", open_ringbuf, send_program, take_buffer,
	  false },
	{ "ringbuf_epoll", "ringbuf", "produce_waking", open_ringbuf, send_program, take_buffer,
	  true },
	{ "perfbuf", "perfbuf_events", "produce_perfbuf", open_perfbuf, send_program, take_buffer,
	  true },
	{ "af_xdp", "xsks", "produce_xdp", open_xsk, send_packets, take_packets, false },
	{ "user_ringbuf", "user_ring", "take_user_ring", open_user, send_user, take_user, false },
};

#define NR_COMM_KINDS (sizeof(comm_kinds) / sizeof(comm_kinds[0]))

static const struct comm_kind *kind_of(const struct bench_run *r)
{
	const char *name = r->bench->name + (takes_turns(r) ? 5 : 0);
	size_t i;

	for (i = 0; i < NR_COMM_KINDS; i++)
		if (!strcmp(comm_kinds[i].name, name))
			return &comm_kinds[i];
	return NULL;
}

/* A kernel without the type of another case's map must not lose this case. */
static int prepare(struct bench_run *r)
{
	const struct comm_kind *kind = kind_of(r);
	struct map_comm *skel = r->skel;
	size_t i;
	int err;

	if (!kind)
		return bench_fail(r, -EINVAL, "no kind is called %s", r->bench->name);
	for (i = 0; i < NR_COMM_KINDS; i++)
		if (comm_kinds[i].map && (!kind->map || strcmp(kind->map, comm_kinds[i].map)))
			bpf_map__set_autocreate(bpf_object__find_map_by_name(r->obj,
									     comm_kinds[i].map),
						false);
	err = bpf_map__set_max_entries(skel->maps.slots_called, COMM_SLOTS);
	err = err ?: bpf_map__set_max_entries(skel->maps.slots_mapped, COMM_SLOTS);
	err = err ?: bpf_map__set_max_entries(skel->maps.ringbuf, COMM_BYTES);
	err = err ?: bpf_map__set_max_entries(skel->maps.user_ring, COMM_BYTES);
	err = err ?: bpf_map__set_max_entries(skel->maps.perfbuf_events,
					      libbpf_num_possible_cpus());
	return err ?: bpf_program__set_autoload(bpf_object__find_program_by_name(r->obj,
										 kind->program),
						true);
}

static void unload(struct bench_run *r)
{
	struct comm *c = r->priv;

	if (!c)
		return;
	record_close(&c->reader);
	user_ring_buffer__free(c->user_ring);
	c->user_ring = NULL;
	if (c->slots)
		munmap((void *)c->slots, COMM_SLOTS * sizeof(struct record));
	c->slots = NULL;
}

static int setup(struct bench_run *r)
{
	struct comm *c = r->priv ?: calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	r->priv = c;
	memset(c, 0, offsetof(struct comm, workers));
	c->kind = kind_of(r);
	c->skel = r->skel;
	c->program = bpf_program__fd(bpf_object__find_program_by_name(r->obj, c->kind->program));
	if (c->kind->map)
		c->map = bpf_object__find_map_fd_by_name(r->obj, c->kind->map);
	if (c->kind->open) {
		err = c->kind->open(r, c);
		if (err)
			return r->err[0] ? err : bench_fail(r, err, "cannot open %s: %s",
							    c->kind->map, strerror(-err));
	}
	if (takes_turns(r) || c->workers)
		return 0;
	c->workers = workers__new(r->cpus, r->bench->workers);
	return c->workers ? 0 : bench_fail(r, -errno, "cannot start a reader: %s",
					   strerror(errno));
}

/* Until the producer is done and nothing is left. */
static int read_all(struct comm *c)
{
	bool is_sent;
	uint64_t before;
	int err;

	for (;;) {
		is_sent = atomic_load(&c->is_sent);
		before = c->reader.taken;
		if (c->kind->sleeps && !is_sent)
			err = record_poll(&c->reader, POLL_MS);
		else
			err = c->kind->take(c);
		if (err)
			return err;
		if (c->reader.taken != before)
			c->last_ns = bench_now_ns();
		else if (is_sent)
			return 0;
	}
}

static int work(void *ctx, int worker)
{
	struct comm *c = ctx;

	if (worker)
		return read_all(c);
	c->batch_refused = c->kind->send(c, c->ops);
	atomic_store(&c->is_sent, true);
	return c->batch_refused < 0 ? c->batch_refused : 0;
}

/* Taken and refused are all, and each gap in the numbers is one refused. */
static int check(struct bench_run *r, const struct comm *c)
{
	const struct record_reader *rd = &c->reader;

	if (rd->wrong || rd->taken + c->refused != c->sent ||
	    rd->missing + c->sent - rd->next != c->refused)
		return bench_fail(r, -EBADMSG, "of %llu records %llu were refused, %llu taken, "
				  "%llu of them wrong", (unsigned long long)c->sent,
				  (unsigned long long)c->refused, (unsigned long long)rd->taken,
				  (unsigned long long)rd->wrong);
	return 0;
}

static int run_both(struct bench_run *r, struct comm *c, uint64_t ops, struct bench_batch *b)
{
	uint64_t before = c->reader.taken, start = bench_now_ns();
	int err;

	c->ops = ops;
	c->last_ns = start;
	atomic_store(&c->is_sent, false);
	err = workers__run(c->workers, work, c);
	if (err)
		return bench_fail(r, err, "%s: %s", r->bench->id, strerror(-err));
	c->sent += ops;
	c->refused += c->batch_refused;
	b->done = c->reader.taken - before;
	b->elapsed = c->last_ns - start;
	if (r->is_timed) {
		c->timed_taken += b->done;
		c->timed_refused += c->batch_refused;
		if (b->elapsed && c->nr_throughputs < MAX_BATCHES)
			c->throughputs[c->nr_throughputs++] = b->done * 1e9 / b->elapsed;
	}
	return check(r, c);
}

static int run_turns(struct bench_run *r, struct comm *c, uint64_t ops)
{
	uint64_t done;
	int64_t refused;
	int err;

	for (done = 0; done < ops; done += TURN) {
		refused = c->kind->send(c, TURN);
		if (refused)
			return bench_fail(r, refused < 0 ? refused : -ENOSPC,
					  "records were refused");
		err = c->kind->take(c);
		if (err)
			return bench_fail(r, err, "taking records: %s", strerror(-err));
		c->sent += TURN;
	}
	return check(r, c);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	return takes_turns(r) ? run_turns(r, r->priv, ops) : run_both(r, r->priv, ops, b);
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median: a batch in which one of the two was suspended would rule a mean. */
static int report(struct bench_run *r)
{
	struct comm *c = r->priv;
	int err;

	if (!c->nr_throughputs)
		return 0;
	qsort(c->throughputs, c->nr_throughputs, sizeof(c->throughputs[0]), compare);
	err = bench_report(r, "throughput", c->throughputs[c->nr_throughputs / 2]);
	return err ?: bench_report(r, "drops", (double)c->timed_refused /
					       (c->timed_taken + c->timed_refused));
}

BENCH_FAMILY(map_comm, .prepare = prepare, .setup = setup, .run = run, .report = report,
	     .unload = unload);
