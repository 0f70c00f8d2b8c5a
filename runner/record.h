/* SPDX-License-Identifier: GPL-2.0-only */
/* The user's end of what programs produce with progs/record.bpf.h. */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include "bench_family.h"
#include "../progs/record.h"

struct record_reader {
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	uint64_t next;		/* the lowest number that may come */
	uint64_t taken;
	uint64_t missing;	/* numbers left out, before the last record taken */
	uint64_t wrong;		/* of those taken: bytes, size or order */
};

/* Looks at all bytes of a record. */
void record_take(struct record_reader *rd, const void *data, size_t sz);
/* Behind a ring buffer. 0 or -errno. */
int record_open_ringbuf(struct record_reader *rd, const struct bpf_map *map);
/*
 * Behind a perf buffer of @pages (a power of two) that programs on @cpu fill. @wakes: each record
 * wakes the reader, as it does by default; on a virtual CPU that may cost several us, the exit for
 * an interrupt to itself.
 */
int record_open_perfbuf(struct record_reader *rd, const struct bpf_map *map, int cpu, int pages,
			bool wakes);
/* Takes what is there. 0 or -errno. */
int record_consume(struct record_reader *rd);
/* The same, once there is something, or after @ms. */
int record_poll(struct record_reader *rd, int ms);
void record_close(struct record_reader *rd);
/* Runs producer @prog for @nr records from @first on. How many found no room, or -errno. */
int64_t record_produce(int prog, uint64_t first, uint64_t nr);

#endif
