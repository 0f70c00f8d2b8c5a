// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "core/packet.h"
#include "kselftest_harness.h"

static struct packet_flow flow(void)
{
	return (struct packet_flow){
		.src_mac = { 2, 0, 10, 83, 0, 1 }, .dst_mac = { 2, 0, 10, 83, 0, 2 },
		.src_ip = htonl(0x0a530001), .dst_ip = htonl(0x0a530002),
		.src_port = 1234, .dst_port = 4321,
	};
}

static unsigned int get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* What a receiver does: header, payload and pseudo header together sum up to all ones. */
static uint16_t left_over(const uint8_t *frame, size_t len, unsigned int proto)
{
	size_t l4_len = len - 34;
	uint32_t sum = packet_sum(frame + 26, 8, proto + l4_len);

	return packet_checksum(packet_sum(frame + 34, l4_len, sum));
}

/* RFC 1071, section 3: the sum is ddf2, its complement 220d. */
TEST(rfc_1071_example)
{
	static const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	EXPECT_EQ(htons(0x220d), packet_checksum(packet_sum(data, sizeof(data), 0)));
}

/* A header in many textbooks, with its checksum b861. */
TEST(ip_header_example)
{
	static const uint8_t header[] = {
		0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7,
	};

	EXPECT_EQ(htons(0xb861), packet_checksum(packet_sum(header, sizeof(header), 0)));
}

TEST(odd_length_is_padded)
{
	static const uint8_t odd[] = { 0x12, 0x34, 0x56 }, even[] = { 0x12, 0x34, 0x56, 0x00 };

	EXPECT_EQ(packet_sum(even, 4, 0), packet_sum(odd, 3, 0));
	EXPECT_EQ(0x1234u + 0x5600u, packet_sum(odd, 3, 0));
}

TEST(sums_carry_around)
{
	static const uint8_t ones[] = { 0xff, 0xff, 0xff, 0xff };

	/* 32 bits overflow once: the carry comes back in at the bottom. */
	EXPECT_EQ(0x0001fffeu, packet_sum(ones, 4, 0));
	EXPECT_EQ(0x0001fffeu, packet_sum(ones, 4, 0xffffffff));
	EXPECT_EQ(0, packet_checksum(packet_sum(ones, 4, 0xffffffff)));
}

TEST(udp_frame)
{
	struct packet_flow f = flow();
	uint8_t frame[PACKET_LEN];
	uint64_t number;

	ASSERT_EQ(0, packet_udp4(frame, sizeof(frame), &f, 0x1122334455667788));
	EXPECT_EQ(0, memcmp(frame, f.dst_mac, 6));
	EXPECT_EQ(0, memcmp(frame + 6, f.src_mac, 6));
	EXPECT_EQ(0x0800, get16(frame + 12));
	EXPECT_EQ(50, get16(frame + 16));
	EXPECT_EQ(17, frame[23]);
	EXPECT_EQ(0, memcmp(frame + 26, &f.src_ip, 4));
	EXPECT_EQ(0, memcmp(frame + 30, &f.dst_ip, 4));
	EXPECT_EQ(1234, get16(frame + 34));
	EXPECT_EQ(4321, get16(frame + 36));
	EXPECT_EQ(30, get16(frame + 38));
	memcpy(&number, frame + PACKET_UDP_SEQ, sizeof(number));
	EXPECT_EQ(0x1122334455667788ull, number);
	EXPECT_EQ(0, packet_checksum(packet_sum(frame + 14, 20, 0)));
	EXPECT_EQ(0, left_over(frame, sizeof(frame), 17));
	/* The sums by an independent implementation in Python. */
	EXPECT_EQ(0x2613, get16(frame + 24));
	EXPECT_EQ(0x8045, get16(frame + 40));
	frame[50] ^= 1;
	EXPECT_NE(0, left_over(frame, sizeof(frame), 17));
}

TEST(tcp_frame)
{
	struct packet_tcp tcp = { .seq = 0x01020304, .ack = 0x05060708, .flags = 0x12 };
	struct packet_flow f = flow();
	uint8_t frame[71];
	uint64_t number;

	ASSERT_EQ(0, packet_tcp4(frame, sizeof(frame), &f, &tcp, 7));
	EXPECT_EQ(57, get16(frame + 16));
	EXPECT_EQ(6, frame[23]);
	EXPECT_EQ(0x0102, get16(frame + 38));
	EXPECT_EQ(0x0304, get16(frame + 40));
	EXPECT_EQ(0x0506, get16(frame + 42));
	EXPECT_EQ(0x0708, get16(frame + 44));
	EXPECT_EQ(0x50, frame[46]);
	EXPECT_EQ(0x12, frame[47]);
	memcpy(&number, frame + PACKET_TCP_SEQ, sizeof(number));
	EXPECT_EQ(7, number);
	EXPECT_EQ(0, packet_checksum(packet_sum(frame + 14, 20, 0)));
	EXPECT_EQ(0, left_over(frame, sizeof(frame), 6));
	EXPECT_EQ(0x6e52, get16(frame + 50));
}

/* 0 says "no checksum" in UDP: some number makes the sum come out so, and ffff stands there. */
TEST(udp_checksum_is_never_zero)
{
	struct packet_flow f = flow();
	uint8_t frame[PACKET_LEN];
	uint64_t number;
	int nr = 0;

	for (number = 0; number < 0x10000; number++) {
		ASSERT_EQ(0, packet_udp4(frame, sizeof(frame), &f, number));
		ASSERT_NE(0, get16(frame + 40));
		nr += get16(frame + 40) == 0xffff;
	}
	EXPECT_GE(nr, 1);
}

TEST(too_short_and_too_long)
{
	struct packet_flow f = flow();
	struct packet_tcp tcp = {};
	uint8_t frame[PACKET_MAX + 1];

	EXPECT_EQ(-EINVAL, packet_udp4(frame, PACKET_UDP_SEQ + 7, &f, 0));
	EXPECT_EQ(0, packet_udp4(frame, PACKET_UDP_SEQ + 8, &f, 0));
	EXPECT_EQ(0, packet_udp4(frame, PACKET_MAX, &f, 0));
	EXPECT_EQ(-EINVAL, packet_udp4(frame, PACKET_MAX + 1, &f, 0));
	EXPECT_EQ(-EINVAL, packet_tcp4(frame, PACKET_TCP_SEQ + 7, &f, &tcp, 0));
	EXPECT_EQ(0, packet_tcp4(frame, PACKET_TCP_SEQ + 8, &f, &tcp, 0));
	EXPECT_EQ(-EINVAL, packet_tcp4(frame, PACKET_MAX + 1, &f, &tcp, 0));
}

TEST_HARNESS_MAIN
