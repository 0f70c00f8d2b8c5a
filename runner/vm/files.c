// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "scratch.h"

#define READ_CHUNK	(1u << 20)

static int fd_read_all(int fd, size_t max, char **data, size_t *len)
{
	size_t cap = 0, used = 0;
	char *buf = NULL, *grown;
	ssize_t n;

	for (;;) {
		if (used + 1 >= cap) {
			cap = cap ? cap * 2 : READ_CHUNK;
			grown = realloc(buf, cap);
			if (!grown) {
				free(buf);
				return -ENOMEM;
			}
			buf = grown;
		}
		n = read(fd, buf + used, cap - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
		if (used > max) {
			free(buf);
			return -EFBIG;
		}
	}
	if (n < 0) {
		int err = -errno;

		free(buf);
		return err;
	}
	buf[used] = '\0';
	*data = buf;
	*len = used;
	return 0;
}

uint64_t hash_add(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3ull;
	return hash;
}

int hash_add_file(uint64_t *hash, const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (!realpath(path, real) || stat(real, &st))
		return -errno;
	*hash = hash_add(*hash, real, strlen(real));
	*hash = hash_add(*hash, &st.st_mtim, sizeof(st.st_mtim));
	*hash = hash_add(*hash, &st.st_size, sizeof(st.st_size));
	return 0;
}

int file_read(const char *path, size_t max, char **data, size_t *len)
{
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	err = fd_read_all(fd, max, data, len);
	close(fd);
	return err;
}

static int fd_write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_write(const char *path, const void *data, size_t len)
{
	int fd, err;

	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return -errno;
	err = fd_write_all(fd, data, len);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int file_write_atomic(const char *path, const void *data, size_t len)
{
	char tmp[PATH_MAX];
	struct stat st;
	mode_t mask;
	int fd, err;

	/* A rename would replace a device or a FIFO by a file. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : file_write(path, data, len);
	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= sizeof(tmp))
		return -ENAMETOOLONG;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	mask = umask(0);
	umask(mask);
	err = fd_write_all(fd, data, len);
	if (!err && fchmod(fd, 0666 & ~mask))
		err = -errno;
	/* Without it a crash of the host could leave an empty file under the final name. */
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(tmp, path))
		err = -errno;
	if (err)
		unlink(tmp);
	return err;
}

int dir_make_all(const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	struct stat st;
	size_t i;

	if (!len || len >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, len + 1);
	for (i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return -errno;
		part[i] = path[i];
	}
	if (stat(path, &st))
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int dir_remove_files(const char *path, const char *suffix)
{
	size_t suffix_len = strlen(suffix);
	struct dirent *de;
	DIR *dir = opendir(path);
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (de = readdir(dir))) {
		size_t len = strlen(de->d_name);

		if (len > suffix_len && !strcmp(de->d_name + len - suffix_len, suffix) &&
		    unlinkat(dirfd(dir), de->d_name, 0))
			err = -errno;
	}
	closedir(dir);
	return err;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_DP || type == FTW_D || type == FTW_DNR)
		rmdir(path);
	else
		unlink(path);
	return 0;
}

int dir_remove_all(const char *path)
{
	if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) && errno != ENOENT)
		return -errno;
	return access(path, F_OK) ? 0 : -ENOTEMPTY;
}

bool disk_is_full(const char *path)
{
	struct statvfs fs;

	return !statvfs(path, &fs) && !fs.f_bavail;
}

int text_format(char *buf, size_t sz, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, sz, fmt, ap);
	va_end(ap);
	return len >= 0 && (size_t)len < sz ? 0 : -ENAMETOOLONG;
}

void text_sanitize(const char *text, size_t len, char *line, size_t sz)
{
	size_t i, out = 0;

	while (len && (text[len - 1] == '\r' || text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	for (i = 0; i < len && out + 1 < sz; i++) {
		unsigned char c = (unsigned char)text[i];

		line[out++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
	}
	line[out] = '\0';
}

void text_last_line(const char *text, size_t len, char *line, size_t sz)
{
	size_t end = len, start;

	line[0] = '\0';
	while (end) {
		start = end;
		while (start && text[start - 1] != '\n')
			start--;
		text_sanitize(text + start, end - start, line, sz);
		if (line[0])
			return;
		end = start ? start - 1 : 0;
	}
}
