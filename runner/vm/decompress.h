/* SPDX-License-Identifier: GPL-2.0-only */
/* The compressions kernels, their modules and our initramfs come in. */
#ifndef BENCH_VM_DECOMPRESS_H
#define BENCH_VM_DECOMPRESS_H

#include <stddef.h>

enum compression {
	COMPRESSION_NONE,	/* not one of the below */
	COMPRESSION_GZIP,
	COMPRESSION_XZ,
	COMPRESSION_LZMA,
	COMPRESSION_ZSTD,
	COMPRESSION_LZ4,	/* the kernel's legacy frame */
	COMPRESSION_BZIP2,	/* known by name only */
	COMPRESSION_LZO,	/* known by name only */
};

enum compression compression_detect(const void *data, size_t len);
const char *compression_name(enum compression kind);

/*
 * Decompresses the first stream in @data; what follows it is ignored, because a bzImage appends
 * the size. @max bounds the result. 0 or -errno: -EBADMSG for damaged or cut input, -EFBIG above
 * @max, -EOPNOTSUPP for a compression known by name only or none.
 */
int decompress(const void *data, size_t len, size_t max, char **out, size_t *out_len);

/* One gzip member without name and time. */
int compress_gzip(const void *data, size_t len, int level, char **out, size_t *out_len);

#endif
