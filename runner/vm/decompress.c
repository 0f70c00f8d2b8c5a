// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "decompress.h"

#define LZ4_LEGACY_MAGIC	0x184c2102u
#define LZ4_LEGACY_BLOCK	(8u << 20)
#define FIRST_CAP		(16u << 20)
#define GZIP_WINDOW		(15 + 16)	/* 15 bits of window, + 16: a gzip wrapper */

static const struct {
	enum compression kind;
	const char *name;
	const char *magic;
	size_t magic_len;
} kinds[] = {
	{ COMPRESSION_GZIP, "gzip", "\x1f\x8b\x08", 3 },
	{ COMPRESSION_XZ, "xz", "\xfd" "7zXZ", 6 },
	{ COMPRESSION_LZMA, "lzma", "\x5d\0\0", 3 },
	{ COMPRESSION_ZSTD, "zstd", "\x28\xb5\x2f\xfd", 4 },
	{ COMPRESSION_LZ4, "lz4", "\x02\x21\x4c\x18", 4 },
	{ COMPRESSION_BZIP2, "bzip2", "BZh", 3 },
	{ COMPRESSION_LZO, "lzo", "\x89LZO", 5 },
};

#define NR_KINDS	(sizeof(kinds) / sizeof(kinds[0]))

enum compression compression_detect(const void *data, size_t len)
{
	size_t i;

	for (i = 0; i < NR_KINDS; i++) {
		if (len >= kinds[i].magic_len && !memcmp(data, kinds[i].magic, kinds[i].magic_len))
			return kinds[i].kind;
	}
	return COMPRESSION_NONE;
}

const char *compression_name(enum compression kind)
{
	size_t i;

	for (i = 0; i < NR_KINDS; i++) {
		if (kinds[i].kind == kind)
			return kinds[i].name;
	}
	return "none";
}

struct out_buf {
	char *data;
	size_t len, cap, max;
};

/* Room for at least one more byte. */
static int out_grow(struct out_buf *o)
{
	size_t cap = o->cap ? o->cap * 2 : FIRST_CAP;
	char *grown;

	if (o->len < o->cap)
		return 0;
	if (cap > o->max)
		cap = o->max;
	if (cap <= o->len)
		return -EFBIG;
	grown = realloc(o->data, cap);
	if (!grown)
		return -ENOMEM;
	o->data = grown;
	o->cap = cap;
	return 0;
}

static int decompress_gzip(const char *data, size_t len, struct out_buf *o)
{
	z_stream z = { .next_in = (Bytef *)data };
	int ret, err = 0;

	if (len > UINT_MAX)
		return -EFBIG;
	z.avail_in = (uInt)len;
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	do {
		size_t room;

		err = out_grow(o);
		if (err)
			break;
		room = o->cap - o->len > UINT_MAX ? UINT_MAX : o->cap - o->len;
		z.next_out = (Bytef *)o->data + o->len;
		z.avail_out = (uInt)room;
		ret = inflate(&z, Z_NO_FLUSH);
		o->len += room - z.avail_out;
		if (ret != Z_OK && ret != Z_STREAM_END)
			err = -EBADMSG;
	} while (!err && ret != Z_STREAM_END);
	inflateEnd(&z);
	return err;
}

static int decompress_lzma(const char *data, size_t len, bool alone, struct out_buf *o)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret ret;
	int err = 0;

	ret = alone ? lzma_alone_decoder(&z, UINT64_MAX) : lzma_stream_decoder(&z, UINT64_MAX, 0);
	if (ret != LZMA_OK)
		return -ENOMEM;
	z.next_in = (const uint8_t *)data;
	z.avail_in = len;
	do {
		err = out_grow(o);
		if (err)
			break;
		z.next_out = (uint8_t *)o->data + o->len;
		z.avail_out = o->cap - o->len;
		ret = lzma_code(&z, z.avail_in ? LZMA_RUN : LZMA_FINISH);
		o->len = o->cap - z.avail_out;
		if (ret != LZMA_OK && ret != LZMA_STREAM_END)
			err = ret == LZMA_MEM_ERROR ? -ENOMEM : -EBADMSG;
	} while (!err && ret != LZMA_STREAM_END);
	lzma_end(&z);
	return err;
}

static int decompress_zstd(const char *data, size_t len, struct out_buf *o)
{
	ZSTD_inBuffer in = { .src = data, .size = len };
	ZSTD_DCtx *z = ZSTD_createDCtx();
	size_t ret = 1;
	int err = 0;

	if (!z)
		return -ENOMEM;
	/* The kernel's own frames use windows above the library's default limit of 128 MiB. */
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, sizeof(void *) == 4 ? 30 : 31);
	while (ret) {
		ZSTD_outBuffer out;

		err = out_grow(o);
		if (err)
			break;
		out = (ZSTD_outBuffer){ .dst = o->data, .size = o->cap, .pos = o->len };
		ret = ZSTD_decompressStream(z, &out, &in);
		if (ZSTD_isError(ret) || (ret && in.pos == in.size && out.pos < out.size)) {
			err = -EBADMSG;
			break;
		}
		o->len = out.pos;
	}
	ZSTD_freeDCtx(z);
	return err;
}

static uint32_t le32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/*
 * Blocks of at most 8 MiB of output behind their compressed size. Nothing marks the end: the
 * stream is over at the end of the input, or where no possible block size follows (a bzImage's
 * appended size reads as one that exceeds what is left).
 */
static int decompress_lz4(const char *data, size_t len, struct out_buf *o)
{
	size_t pos = 4;
	int n;

	while (len - pos >= 4) {
		uint32_t sz = le32(data + pos);

		if (sz == LZ4_LEGACY_MAGIC) {
			pos += 4;
			continue;
		}
		if (!sz || sz > len - pos - 4)
			break;
		pos += 4;
		while (o->cap - o->len < LZ4_LEGACY_BLOCK) {
			size_t len_before = o->len;
			int err;

			/* out_grow() grows a full buffer only. */
			o->len = o->cap;
			err = out_grow(o);
			o->len = len_before;
			if (err)
				return err;
		}
		n = LZ4_decompress_safe(data + pos, o->data + o->len, (int)sz, LZ4_LEGACY_BLOCK);
		if (n < 0)
			return -EBADMSG;
		o->len += (size_t)n;
		pos += sz;
	}
	return o->len ? 0 : -EBADMSG;
}

int decompress(const void *data, size_t len, size_t max, char **out, size_t *out_len)
{
	/* lz4 needs room for a whole block beyond the end of the result. */
	struct out_buf o = { .max = max + LZ4_LEGACY_BLOCK };
	int err;

	switch (compression_detect(data, len)) {
	case COMPRESSION_GZIP:
		err = decompress_gzip(data, len, &o);
		break;
	case COMPRESSION_XZ:
		err = decompress_lzma(data, len, false, &o);
		break;
	case COMPRESSION_LZMA:
		err = decompress_lzma(data, len, true, &o);
		break;
	case COMPRESSION_ZSTD:
		err = decompress_zstd(data, len, &o);
		break;
	case COMPRESSION_LZ4:
		err = decompress_lz4(data, len, &o);
		break;
	default:
		err = -EOPNOTSUPP;
	}
	if (!err && o.len > max)
		err = -EFBIG;
	if (err) {
		free(o.data);
		return err;
	}
	*out = o.data;
	*out_len = o.len;
	return 0;
}

int compress_gzip(const void *data, size_t len, int level, char **out, size_t *out_len)
{
	z_stream z = { .next_in = (Bytef *)data };
	char *buf;
	int ret;

	if (len > UINT_MAX / 2)
		return -EFBIG;
	if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	z.avail_in = (uInt)len;
	z.avail_out = (uInt)deflateBound(&z, len);
	buf = malloc(z.avail_out);
	if (!buf) {
		deflateEnd(&z);
		return -ENOMEM;
	}
	z.next_out = (Bytef *)buf;
	ret = deflate(&z, Z_FINISH);
	*out_len = z.total_out;
	deflateEnd(&z);
	if (ret != Z_STREAM_END) {
		free(buf);
		return -EIO;
	}
	*out = buf;
	return 0;
}
