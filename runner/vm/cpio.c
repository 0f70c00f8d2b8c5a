// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cpio.h"
#include "scratch.h"

#define CPIO_HEADER_SZ	110
#define CPIO_ALIGN	4
#define CPIO_TRAILER	"TRAILER!!!"
#define CPIO_MIN_CAP	65536

static int cpio_reserve(struct cpio *c, size_t more)
{
	size_t cap = c->cap ? c->cap : CPIO_MIN_CAP;
	char *grown;

	if (more > SIZE_MAX / 4 - c->len)
		return -EFBIG;
	while (cap - c->len < more || cap < c->len)
		cap *= 2;
	if (cap == c->cap)
		return 0;
	grown = realloc(c->data, cap);
	if (!grown)
		return -ENOMEM;
	c->data = grown;
	c->cap = cap;
	return 0;
}

static void cpio_put(struct cpio *c, const void *data, size_t len)
{
	if (len)
		memcpy(c->data + c->len, data, len);
	c->len += len;
	while (c->len % CPIO_ALIGN)
		c->data[c->len++] = '\0';
}

static int cpio_entry(struct cpio *c, const char *name, mode_t mode, const void *data, size_t len,
		      unsigned int major_nr, unsigned int minor_nr)
{
	size_t name_sz = strlen(name) + 1;
	char header[CPIO_HEADER_SZ + 1];
	unsigned int ino = 0;
	int err;

	/* The format's sizes are eight hexadecimal digits. */
	if (len > UINT32_MAX)
		return -EFBIG;
	if (name_sz < 2 || name[0] == '/')
		return -EINVAL;
	err = cpio_reserve(c, CPIO_HEADER_SZ + name_sz + len + 2 * CPIO_ALIGN);
	if (err)
		return err;
	if (mode)
		ino = ++c->nr_entries;
	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ino,
		 (unsigned int)mode, 0u, 0u, S_ISDIR(mode) ? 2u : 1u, 0u, (unsigned int)len, 0u,
		 0u, major_nr, minor_nr, (unsigned int)name_sz, 0u);
	/* Only header and name together are padded, so the header goes in without cpio_put(). */
	memcpy(c->data + c->len, header, CPIO_HEADER_SZ);
	c->len += CPIO_HEADER_SZ;
	cpio_put(c, name, name_sz);
	cpio_put(c, data, len);
	return 0;
}

int cpio_dir(struct cpio *c, const char *name, mode_t mode)
{
	return cpio_entry(c, name, S_IFDIR | mode, NULL, 0, 0, 0);
}

int cpio_file(struct cpio *c, const char *name, mode_t mode, const void *data, size_t len)
{
	return cpio_entry(c, name, S_IFREG | mode, data, len, 0, 0);
}

int cpio_char_dev(struct cpio *c, const char *name, mode_t mode, unsigned int major_nr,
		  unsigned int minor_nr)
{
	return cpio_entry(c, name, S_IFCHR | mode, NULL, 0, major_nr, minor_nr);
}

int cpio_finish(struct cpio *c)
{
	return cpio_entry(c, CPIO_TRAILER, 0, NULL, 0, 0, 0);
}

static unsigned int header_field(const char *header, unsigned int nr)
{
	unsigned int value = 0;

	sscanf(header + 6 + 8 * nr, "%8x", &value);
	return value;
}

static size_t aligned(size_t len)
{
	return (len + CPIO_ALIGN - 1) / CPIO_ALIGN * CPIO_ALIGN;
}

int cpio_unpack(const struct cpio *c, const char *dir)
{
	char path[PATH_MAX];
	size_t at = 0;
	int err = 0;

	/* Our own archive: it is whole. */
	while (!err && at < c->len) {
		const char *header = c->data + at, *name = header + CPIO_HEADER_SZ;
		mode_t mode = header_field(header, 1);
		size_t len = header_field(header, 6);
		size_t name_end = at + CPIO_HEADER_SZ + header_field(header, 11);

		if (!strcmp(name, CPIO_TRAILER))
			break;
		at = aligned(name_end);
		err = text_format(path, sizeof(path), "%s/%s", dir, name);
		if (!err && S_ISDIR(mode))
			err = mkdir(path, 0755) ? -errno : 0;
		else if (!err && S_ISREG(mode))
			err = file_write(path, c->data + at, len);
		if (!err && S_ISREG(mode) && chmod(path, mode & 0777))
			err = -errno;
		at = aligned(at + len);
	}
	return err;
}

void cpio_free(struct cpio *c)
{
	free(c->data);
	memset(c, 0, sizeof(*c));
}
