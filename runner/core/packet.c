// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include "packet.h"

#define ETH_LEN		14u
#define IP_LEN		20u
#define TTL		64
#define WINDOW		65535
#define PROTO_TCP	6
#define PROTO_UDP	17

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

uint32_t packet_sum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	uint64_t wide = sum;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		wide += p[i] << 8 | p[i + 1];
	if (len & 1)
		wide += p[len - 1] << 8;
	while (wide >> 32)
		wide = (wide & 0xffffffff) + (wide >> 32);
	return wide;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint16_t packet_checksum(uint32_t sum)
{
	uint8_t bytes[2];
	uint16_t value;

	put16(bytes, fold(sum));
	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Ethernet, IPv4 and what TCP and UDP have in common; returns where their header begins. */
static uint8_t *put_headers(uint8_t *frame, size_t len, const struct packet_flow *f, uint8_t proto)
{
	uint8_t *ip = frame + ETH_LEN, *l4 = ip + IP_LEN;

	memset(frame, 0, len);
	memcpy(frame, f->dst_mac, 6);
	memcpy(frame + 6, f->src_mac, 6);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, len - ETH_LEN);
	put16(ip + 6, 0x4000);	/* don't fragment */
	ip[8] = TTL;
	ip[9] = proto;
	memcpy(ip + 12, &f->src_ip, 4);
	memcpy(ip + 16, &f->dst_ip, 4);
	put16(ip + 10, fold(packet_sum(ip, IP_LEN, 0)));
	put16(l4, f->src_port);
	put16(l4 + 2, f->dst_port);
	return l4;
}

/* Of the pseudo header (addresses, protocol, length), the header and the payload. */
static uint16_t l4_checksum(const uint8_t *frame, size_t len, uint8_t proto)
{
	const uint8_t *ip = frame + ETH_LEN;
	size_t l4_len = len - ETH_LEN - IP_LEN;

	return fold(packet_sum(ip + IP_LEN, l4_len, packet_sum(ip + 12, 8, proto + l4_len)));
}

int packet_udp4(void *frame, size_t len, const struct packet_flow *f, uint64_t number)
{
	uint8_t *udp;
	uint16_t sum;

	if (len < PACKET_UDP_SEQ + sizeof(number) || len > PACKET_MAX)
		return -EINVAL;
	udp = put_headers(frame, len, f, PROTO_UDP);
	put16(udp + 4, len - ETH_LEN - IP_LEN);
	memcpy((uint8_t *)frame + PACKET_UDP_SEQ, &number, sizeof(number));
	sum = l4_checksum(frame, len, PROTO_UDP);
	/* 0 would say that there is none. */
	put16(udp + 6, sum ? sum : 0xffff);
	return 0;
}

int packet_tcp4(void *frame, size_t len, const struct packet_flow *f, const struct packet_tcp *tcp,
		uint64_t number)
{
	uint8_t *hdr;

	if (len < PACKET_TCP_SEQ + sizeof(number) || len > PACKET_MAX)
		return -EINVAL;
	hdr = put_headers(frame, len, f, PROTO_TCP);
	put32(hdr + 4, tcp->seq);
	put32(hdr + 8, tcp->ack);
	hdr[12] = 5 << 4;	/* words of this header */
	hdr[13] = tcp->flags;
	put16(hdr + 14, WINDOW);
	memcpy((uint8_t *)frame + PACKET_TCP_SEQ, &number, sizeof(number));
	put16(hdr + 16, l4_checksum(frame, len, PROTO_TCP));
	return 0;
}
