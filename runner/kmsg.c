// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kmsg.h"

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_END) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

bool kmsg_is_splat(const char *text)
{
	static const char *const starts[] = {
		"BUG: ", "WARNING: ", "Oops: ", "Oops ", "Kernel panic", "general protection fault",
		"kernel BUG at ", "Unable to handle kernel", "Internal error: ", "INFO: rcu",
		"rcu: INFO: ", "watchdog: BUG", "UBSAN: ", "KASAN: ", "verifier bug",
		"possible recursive locking", "stack segment",
	};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(text, starts[i], strlen(starts[i])))
			return true;
	return false;
}

bool kmsg_splat(int fd, char *line, size_t line_sz)
{
	char record[2048], *text;
	bool found = false;
	ssize_t len;

	for (;;) {
		len = read(fd, record, sizeof(record) - 1);
		/* EPIPE: the ring overran us, the next read goes on with what is left. */
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return found;
		record[len] = '\0';
		/* "priority,sequence,time,flags;text\n" */
		text = strchr(record, ';');
		if (!text || found || !kmsg_is_splat(text + 1))
			continue;
		text[1 + strcspn(text + 1, "\n")] = '\0';
		snprintf(line, line_sz, "%s", text + 1);
		found = true;
	}
}
