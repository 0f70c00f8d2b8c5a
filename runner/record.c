// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/perf_event.h>
#include <unistd.h>
#include "record.h"

void record_take(struct record_reader *rd, const void *data, size_t sz)
{
	const struct record *rec = data;
	uint64_t nr, differs = 0;
	int j;

	rd->taken++;
	if (sz < sizeof(*rec)) {
		rd->wrong++;
		return;
	}
	nr = rec->words[0];
	for (j = 1; j < RECORD_WORDS; j++)
		differs |= rec->words[j] ^ (nr + j);
	rd->wrong += differs || nr < rd->next;
	rd->missing += nr - rd->next;
	rd->next = nr + 1;
}

static int take_ring(void *ctx, void *data, size_t sz)
{
	record_take(ctx, data, sz);
	return 0;
}

int record_open_ringbuf(struct record_reader *rd, const struct bpf_map *map)
{
	rd->ring = ring_buffer__new(bpf_map__fd(map), take_ring, rd, NULL);
	return rd->ring ? 0 : -errno;
}

/* The kernel tells the number of those lost as well, which the producer knows better. */
static enum bpf_perf_event_ret take_perf(void *ctx, int cpu, struct perf_event_header *event)
{
	struct {
		struct perf_event_header header;
		uint32_t sz;
		char data[];
	} __attribute__((packed)) *sample = (void *)event;

	(void)cpu;
	if (event->type == PERF_RECORD_SAMPLE)
		record_take(ctx, sample->data, sample->sz);
	return LIBBPF_PERF_EVENT_CONT;
}

/* Older kernels (6.12 does) map a page of the buffer when it is first read. */
static int touch_pages(struct perf_buffer *perf)
{
	size_t sz, at;
	void *buf;
	int err = perf_buffer__buffer(perf, 0, &buf, &sz);

	for (at = 0; !err && at < sz; at += getpagesize())
		(void)*((volatile char *)buf + at);
	return err;
}

int record_open_perfbuf(struct record_reader *rd, const struct bpf_map *map, int cpu, int pages,
			bool wakes)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
	};
	LIBBPF_OPTS(perf_buffer_raw_opts, opts, .cpu_cnt = 1, .cpus = &cpu, .map_keys = &cpu);

	if (wakes) {
		attr.wakeup_events = 1;
	} else {
		attr.watermark = 1;
		attr.wakeup_watermark = UINT32_MAX;
	}
	rd->perf = perf_buffer__new_raw(bpf_map__fd(map), pages, &attr, take_perf, rd, &opts);
	return rd->perf ? touch_pages(rd->perf) : -errno;
}

int record_consume(struct record_reader *rd)
{
	int err = rd->ring ? ring_buffer__consume(rd->ring) : perf_buffer__consume(rd->perf);

	return err < 0 ? err : 0;
}

int record_poll(struct record_reader *rd, int ms)
{
	int err = rd->ring ? ring_buffer__poll(rd->ring, ms) : perf_buffer__poll(rd->perf, ms);

	return err < 0 && err != -EINTR ? err : 0;
}

void record_close(struct record_reader *rd)
{
	ring_buffer__free(rd->ring);
	perf_buffer__free(rd->perf);
	rd->ring = NULL;
	rd->perf = NULL;
}

int64_t record_produce(int prog, uint64_t first, uint64_t nr)
{
	__u64 args[NR_RECORD_ARGS] = { [RECORD_ARG_NR] = nr, [RECORD_ARG_FIRST] = first };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int err = bpf_prog_test_run_opts(prog, &opts);

	return err ? err : (int64_t)opts.retval;
}
