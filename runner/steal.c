// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include "feature.h"
#include "steal.h"

/* A line of up to some 100 bytes for each of CPU_SETSIZE CPUs; ours is one of the last. */
#define STAT_SZ (128 * CPU_SETSIZE)

uint64_t steal_read(int *fd, int cpu)
{
	unsigned long long steal = 0;
	char buf[STAT_SZ], name[16], *line;
	ssize_t len;

	if (*fd < 0)
		*fd = open_cloexec("/proc/stat");
	len = *fd < 0 ? -1 : pread(*fd, buf, sizeof(buf) - 1, 0);
	if (len <= 0)
		return 0;
	buf[len] = '\0';
	snprintf(name, sizeof(name), "\ncpu%d ", cpu);
	line = strstr(buf, name);
	if (!line || sscanf(line + strlen(name), "%*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
		return 0;
	return steal;
}
