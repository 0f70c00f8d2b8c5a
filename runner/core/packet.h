/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_PACKET_H
#define BENCH_PACKET_H

#include <stddef.h>
#include <stdint.h>

/* In memory: what a device hands over, without the 4 bytes of frame check sequence. */
#define PACKET_LEN	64u
#define PACKET_MAX	1514u
/* Where the payload starts. Its first 8 bytes are a sequence number in this machine's order. */
#define PACKET_UDP_SEQ	42u
#define PACKET_TCP_SEQ	54u

struct packet_flow {
	uint8_t src_mac[6], dst_mac[6];
	uint32_t src_ip, dst_ip;	/* network order */
	uint16_t src_port, dst_port;	/* host order, as the rest */
};

struct packet_tcp {
	uint32_t seq, ack;
	uint8_t flags;			/* the header's byte: 0x02 SYN, 0x10 ACK, ... */
};

/* RFC 1071: the ones' complement sum of @sum (of a part before, of even length) and @data. */
uint32_t packet_sum(const void *data, size_t len, uint32_t sum);
/* What goes into a header, in network order. */
uint16_t packet_checksum(uint32_t sum);
/*
 * An Ethernet frame of @len bytes: IPv4 without options, checksums right, @number at the start of
 * the payload, zeroes behind it. -EINVAL unless the number fits and @len <= PACKET_MAX.
 */
int packet_udp4(void *frame, size_t len, const struct packet_flow *f, uint64_t number);
int packet_tcp4(void *frame, size_t len, const struct packet_flow *f, const struct packet_tcp *tcp,
		uint64_t number);

#endif
