// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "list_file.h"

#define LIST_LINE_MAX 1024

/* Without its comment and the space around it. */
static char *trim(char *line)
{
	char *at, *end;

	line[strcspn(line, "#\n")] = '\0';
	at = line + strspn(line, " \t\r");
	end = at + strlen(at);
	while (end > at && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return at;
}

int list_file_read(const char *path, const char *what, int (*add)(void *ctx, const char *entry),
		   void *ctx, char *err, size_t err_sz)
{
	char line[LIST_LINE_MAX], *entry;
	FILE *f = fopen(path, "re");
	int ret = 0, nr = 0;

	if (!f) {
		snprintf(err, err_sz, "list %s: %s", path, strerror(errno));
		return -EINVAL;
	}
	while (!ret && fgets(line, sizeof(line), f)) {
		/* Cut in two it would be two entries. */
		if (!strchr(line, '\n') && !feof(f)) {
			snprintf(err, err_sz, "list %s: a line longer than %d", path,
				 LIST_LINE_MAX - 2);
			ret = -EINVAL;
			break;
		}
		entry = trim(line);
		if (!*entry)
			continue;
		ret = add(ctx, entry);
		nr++;
	}
	if (!ret && ferror(f)) {
		snprintf(err, err_sz, "list %s: %s", path, strerror(errno));
		ret = -EINVAL;
	} else if (!ret && !nr) {
		snprintf(err, err_sz, "list %s: holds no %s", path, what);
		ret = -EINVAL;
	}
	fclose(f);
	return ret;
}
