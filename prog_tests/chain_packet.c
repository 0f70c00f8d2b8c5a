// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench_family.h"
#include "chain_packet.skel.h"
#include "core/packet.h"
#include "../progs/chain_packet.h"
#include "xlated.h"

#define LOOPBACK	1	/* its index in every network namespace */
#define KEY		77	/* of 1 ... CHAIN_PACKET_ENTRIES */
#define ADDRESSES	(CHAIN_PACKET_IP + 12)	/* offsets in the frame */
#define UDP_CHECK	(CHAIN_PACKET_UDP + 6)

static const struct packet_flow flow = {
	.src_mac = { 2, 0, 0, 0, 0, 1 },
	.dst_mac = { 2, 0, 0, 0, 0, 2 },
	.src_ip = 0x0100000a,
	.dst_ip = 0x0200000a,
	.src_port = CHAIN_PACKET_PORT,
	.dst_port = CHAIN_PACKET_PORT,
};

/* Of one slot; r->packet lives as long as the loads. */
struct service {
	uint8_t frame[PACKET_LEN];
	struct bpf_link *link;	/* of this load */
	uint64_t count;		/* before a verification */
};

static bool is_tail(const struct bench_run *r)
{
	return !strncmp(r->bench->name, "tail_", 5);
}

static struct bpf_program *stage(const struct bench_run *r, unsigned int k)
{
	static const char *const names[NR_CHAIN_PACKET_STAGES] = {
		[CHAIN_PACKET_LOOKUP] = "lookup",
		[CHAIN_PACKET_REPLY] = "reply",
	};
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", r->bench->name, names[k]);
	return bpf_object__find_program_by_name(r->obj, name);
}

static int prepare(struct bench_run *r)
{
	unsigned int k;
	int err = 0;

	for (k = 0; is_tail(r) && k < NR_CHAIN_PACKET_STAGES && !err; k++)
		err = bpf_program__set_autoload(stage(r, k), true);
	return err;
}

static int fill_stages(struct bench_run *r)
{
	bool is_const = !strcmp(r->bench->name, "tail_const");
	struct chain_packet *skel = r->skel;
	const struct bpf_program *from = r->prog;
	uint32_t k;
	int err, fd;

	for (k = 0; k < NR_CHAIN_PACKET_STAGES; k++) {
		skel->bss->slots[k] = k;
		err = xlated_tail_calls_are_constant(bpf_program__fd(from));
		if (err < 0 || err != is_const)
			return bench_fail(r, err < 0 ? err : -EBADMSG,
					  "%s: its tail call's index is not as declared",
					  bpf_program__name(from));
		from = stage(r, k);
		fd = bpf_program__fd(from);
		err = bpf_map__update_elem(skel->maps.stages, &k, sizeof(k), &fd, sizeof(fd), 0);
		if (err)
			return bench_fail(r, err, "%s does not go into the program array: %s",
					  bpf_program__name(from), strerror(-err));
	}
	return 0;
}

/* Keys from 1 on: 0 is what is no request. */
static int fill_counters(struct bench_run *r)
{
	struct chain_packet *skel = r->skel;
	uint64_t key, zero = 0;
	int err = 0;

	for (key = 1; key <= CHAIN_PACKET_ENTRIES && !err; key++)
		err = bpf_map__update_elem(skel->maps.counters, &key, sizeof(key), &zero,
					   sizeof(zero), BPF_NOEXIST);
	return err ? bench_fail(r, err, "cannot fill the counters: %s", strerror(-err)) : 0;
}

/*
 * A repeated test run of a program that is attached nowhere waits for RCU: see
 * prog_tests/hook_run.c. The namespace and its loopback carry no traffic.
 */
static int attach(struct bench_run *r, struct service *sv)
{
	if (!r->load && unshare(CLONE_NEWNET))
		return bench_fail(r, -errno, "cannot make a network namespace: %s",
				  strerror(errno));
	sv->link = bpf_program__attach_xdp(r->prog, LOOPBACK);
	if (!sv->link)
		return bench_fail(r, -errno, "cannot attach to the loopback of a namespace: %s",
				  strerror(errno));
	return 0;
}

static int setup(struct bench_run *r)
{
	struct service *sv = r->priv;
	int err;

	if (!sv) {
		sv = r->priv = calloc(1, sizeof(*sv));
		if (!sv)
			return -ENOMEM;
		err = packet_udp4(sv->frame, sizeof(sv->frame), &flow, KEY);
		if (err)
			return err;
	}
	r->packet = sv->frame;
	r->packet_sz = sizeof(sv->frame);
	err = fill_counters(r);
	if (!err && is_tail(r))
		err = fill_stages(r);
	return err || r->is_once ? err : attach(r, sv);
}

static void unload(struct bench_run *r)
{
	struct service *sv = r->priv;

	if (!sv)
		return;
	bpf_link__destroy(sv->link);
	sv->link = NULL;
}

static int read_counter(struct bench_run *r, uint64_t *count)
{
	struct chain_packet *skel = r->skel;
	uint64_t key = KEY;
	int err = bpf_map__lookup_elem(skel->maps.counters, &key, sizeof(key), count,
				       sizeof(*count), 0);

	return err ? bench_fail(r, err, "no counter of key %d", KEY) : 0;
}

static int before(struct bench_run *r)
{
	struct service *sv = r->priv;

	return read_counter(r, &sv->count);
}

/* Ones' complement sum of the datagram and its pseudo header, checksum included: all ones. */
static bool has_right_sum(const uint8_t *frame)
{
	const uint32_t len = PACKET_LEN - CHAIN_PACKET_UDP;
	uint32_t sum = packet_sum(frame + ADDRESSES, 8, IPPROTO_UDP + len);

	return !packet_checksum(packet_sum(frame + CHAIN_PACKET_UDP, len, sum));
}

/* One request alone, and all bytes of its reply. */
static int verify_reply(struct bench_run *r, uint64_t value)
{
	struct service *sv = r->priv;
	uint8_t want[PACKET_LEN], got[PACKET_LEN + 64] = {};
	struct packet_flow back = flow;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = sv->frame, .data_size_in = PACKET_LEN,
		    .data_out = got, .data_size_out = sizeof(got));
	int err = bpf_prog_test_run_opts(bpf_program__fd(r->prog), &opts);

	if (err || opts.data_size_out != PACKET_LEN)
		return bench_fail(r, err ? err : -EBADMSG, "no reply of %u bytes", PACKET_LEN);
	memcpy(back.src_mac, flow.dst_mac, sizeof(back.src_mac));
	memcpy(back.dst_mac, flow.src_mac, sizeof(back.dst_mac));
	back.src_ip = flow.dst_ip;
	back.dst_ip = flow.src_ip;
	err = packet_udp4(want, sizeof(want), &back, KEY);
	if (err)
		return err;
	memcpy(want + CHAIN_PACKET_VALUE, &value, sizeof(value));
	if (!has_right_sum(got))
		return bench_fail(r, -EBADMSG, "the reply's UDP checksum is wrong");
	memcpy(want + UDP_CHECK, got + UDP_CHECK, sizeof(uint16_t));
	if (memcmp(want, got, sizeof(want)))
		return bench_fail(r, -EBADMSG, "the reply is not what it should be");
	return 0;
}

/* Each run counted once: the case has one more than its operations (docs/adding.md, "once"). */
static int verify(struct bench_run *r)
{
	struct service *sv = r->priv;
	uint64_t count, want = sv->count + (r->is_once ? 1 : r->ops + 1);
	int err = read_counter(r, &count);

	if (err)
		return err;
	if (count != want)
		return bench_fail(r, -EBADMSG, "the counter is %llu, %llu expected",
				  (unsigned long long)count, (unsigned long long)want);
	return verify_reply(r, want + 1);
}

BENCH_FAMILY(chain_packet, .prepare = prepare, .setup = setup, .before = before, .verify = verify,
	     .unload = unload);
