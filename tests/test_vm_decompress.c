// SPDX-License-Identifier: GPL-2.0-only
#include <lz4.h>
#include <lzma.h>
#include <zstd.h>

#include "kselftest_harness.h"
#include "vm/decompress.h"

#define PLAIN_SZ	(9u << 20)	/* more than one lz4 block */
#define BLOCK_SZ	(8u << 20)

/* PLAIN_SZ, as a bzImage appends it. */
static const char size_tail[] = { 0, 0, (char)0x90, 0 };

static char *plain_make(void)
{
	char *p = malloc(PLAIN_SZ);
	size_t i;

	for (i = 0; p && i < PLAIN_SZ; i++)
		p[i] = (char)(i / 7 * 31 + i % 13);
	return p;
}

static size_t pack_lz4(const char *plain, char *out)
{
	size_t pos = 4, done = 0;

	memcpy(out, "\x02\x21\x4c\x18", 4);
	while (done < PLAIN_SZ) {
		int n = (int)(PLAIN_SZ - done < BLOCK_SZ ? PLAIN_SZ - done : BLOCK_SZ);
		int packed = LZ4_compress_default(plain + done, out + pos + 4, n,
						  LZ4_compressBound(n));

		memcpy(out + pos, &packed, 4);
		pos += 4 + (size_t)packed;
		done += (size_t)n;
	}
	return pos;
}

/* The packed form with a bzImage's size behind it. */
static char *pack(enum compression kind, const char *plain, size_t *len)
{
	size_t cap = 2 * PLAIN_SZ;
	lzma_options_lzma opt;
	lzma_stream z = LZMA_STREAM_INIT;
	char *out = malloc(cap), *gz;

	*len = 0;
	switch (kind) {
	case COMPRESSION_GZIP:
		compress_gzip(plain, PLAIN_SZ, 1, &gz, len);
		memcpy(out, gz, *len);
		free(gz);
		break;
	case COMPRESSION_ZSTD:
		*len = ZSTD_compress(out, cap, plain, PLAIN_SZ, 1);
		break;
	case COMPRESSION_XZ:
		lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, (const uint8_t *)plain, PLAIN_SZ,
					(uint8_t *)out, len, cap);
		break;
	case COMPRESSION_LZMA:
		lzma_lzma_preset(&opt, 0);
		if (lzma_alone_encoder(&z, &opt) != LZMA_OK)
			break;
		z.next_in = (const uint8_t *)plain;
		z.avail_in = PLAIN_SZ;
		z.next_out = (uint8_t *)out;
		z.avail_out = cap;
		while (lzma_code(&z, LZMA_FINISH) == LZMA_OK)
			;
		*len = cap - z.avail_out;
		lzma_end(&z);
		break;
	default:
		*len = pack_lz4(plain, out);
	}
	memcpy(out + *len, size_tail, sizeof(size_tail));
	*len += sizeof(size_tail);
	return out;
}

static const enum compression kinds[] = {
	COMPRESSION_GZIP, COMPRESSION_ZSTD, COMPRESSION_XZ, COMPRESSION_LZMA, COMPRESSION_LZ4,
};

#define NR_KINDS	(sizeof(kinds) / sizeof(kinds[0]))

TEST(round_trip_with_a_size_behind)
{
	char *plain = plain_make(), *packed, *out;
	size_t len, out_len, i;

	ASSERT_TRUE(plain != NULL);
	for (i = 0; i < NR_KINDS; i++) {
		packed = pack(kinds[i], plain, &len);
		EXPECT_EQ(compression_detect(packed, len), kinds[i]);
		ASSERT_EQ(decompress(packed, len, PLAIN_SZ, &out, &out_len), 0)
			TH_LOG("%s", compression_name(kinds[i]));
		ASSERT_EQ(out_len, PLAIN_SZ);
		EXPECT_EQ(memcmp(out, plain, PLAIN_SZ), 0);
		free(out);
		free(packed);
	}
	free(plain);
}

TEST(larger_than_allowed_is_refused)
{
	char *plain = plain_make(), *packed, *out;
	size_t len, out_len, i;

	for (i = 0; i < NR_KINDS; i++) {
		packed = pack(kinds[i], plain, &len);
		EXPECT_EQ(decompress(packed, len, PLAIN_SZ - 1, &out, &out_len), -EFBIG)
			TH_LOG("%s", compression_name(kinds[i]));
		free(packed);
	}
	free(plain);
}

TEST(cut_input_is_never_accepted)
{
	char *plain = plain_make(), *packed, *out;
	size_t len, out_len, i;
	int err;

	for (i = 0; i < NR_KINDS; i++) {
		packed = pack(kinds[i], plain, &len);
		err = decompress(packed, len / 2, PLAIN_SZ, &out, &out_len);
		/* lz4 has no end mark: a cut shows as a result that is too short. */
		if (kinds[i] == COMPRESSION_LZ4 && !err) {
			EXPECT_LT(out_len, PLAIN_SZ);
			free(out);
		} else {
			EXPECT_EQ(err, -EBADMSG) TH_LOG("%s", compression_name(kinds[i]));
		}
		free(packed);
	}
	free(plain);
}

TEST(damaged_input_is_refused)
{
	char *plain = plain_make(), *packed, *out;
	size_t len, out_len, i;
	int err;

	for (i = 0; i < NR_KINDS; i++) {
		packed = pack(kinds[i], plain, &len);
		memset(packed + len / 3, 0x5a, 64);
		err = decompress(packed, len, PLAIN_SZ, &out, &out_len);
		if (!err) {
			/* The others are packed without a checksum here. */
			EXPECT_NE(kinds[i], COMPRESSION_GZIP);
			EXPECT_NE(kinds[i], COMPRESSION_XZ);
			free(out);
		}
		free(packed);
	}
	free(plain);
}

TEST(what_cannot_be_unpacked_is_named)
{
	char *out;
	size_t len;

	EXPECT_EQ(decompress("BZh91AY", 7, 100, &out, &len), -EOPNOTSUPP);
	EXPECT_STREQ(compression_name(compression_detect("BZh91AY", 7)), "bzip2");
	EXPECT_STREQ(compression_name(compression_detect("\x89LZO\0\r\n", 7)), "lzo");
	EXPECT_EQ(decompress("plain", 5, 100, &out, &len), -EOPNOTSUPP);
	EXPECT_EQ(decompress("", 0, 100, &out, &len), -EOPNOTSUPP);
}

TEST(gzip_is_reproducible)
{
	char *plain = plain_make(), *a, *b;
	size_t a_len, b_len;

	ASSERT_EQ(compress_gzip(plain, 100000, 9, &a, &a_len), 0);
	ASSERT_EQ(compress_gzip(plain, 100000, 9, &b, &b_len), 0);
	ASSERT_EQ(a_len, b_len);
	EXPECT_EQ(memcmp(a, b, a_len), 0);
	/* No time, no name. */
	EXPECT_EQ(memcmp(a + 3, "\0\0\0\0\0", 5), 0);
	free(a);
	free(b);
	free(plain);
}

TEST_HARNESS_MAIN
