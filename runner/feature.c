// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "feature.h"

int open_cloexec(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

int read_text(const char *path, char *buf, size_t sz)
{
	int fd = open_cloexec(path), err;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, sz - 1);
	err = len < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	buf[len] = '\0';
	if (len && buf[len - 1] == '\n')
		buf[len - 1] = '\0';
	return 0;
}

static int probe_btf(char *why, size_t why_sz)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return 1;
	snprintf(why, why_sz, "/sys/kernel/btf/vmlinux: %s", strerror(errno));
	return 0;
}

static int probe_jit(char *why, size_t why_sz)
{
	char buf[16];
	int err = read_text("/proc/sys/net/core/bpf_jit_enable", buf, sizeof(buf));

	if (err)
		return err;
	if (strcmp(buf, "0"))
		return 1;
	snprintf(why, why_sz, "off (sysctl net.core.bpf_jit_enable=1 switches it on)");
	return 0;
}

static int probe_bpf_loop(char *why, size_t why_sz)
{
	int rc = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_loop, NULL);

	if (rc == 0)
		snprintf(why, why_sz, "this kernel has no bpf_loop()");
	return rc;
}

static int probe_bpf_stats(char *why, size_t why_sz)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (fd >= 0) {
		close(fd);
		return 1;
	}
	if (fd == -EINVAL) {
		snprintf(why, why_sz, "this kernel has no BPF_ENABLE_STATS");
		return 0;
	}
	return fd;
}

/* Each row: the release, and the commit that brought it. */
static const struct feature features[] = {
	{ "btf", "5.4", probe_btf },			/* 341dfcf8d78e */
	{ "jit", "3.0", probe_jit },			/* 0a14842f5a3c */
	{ "bpf_stats", "5.8", probe_bpf_stats },	/* d46edd671a14 */
	{ "bpf_loop", "5.17", probe_bpf_loop },		/* e6f2dd0f8067 */
};

#define NR_FEATURES (sizeof(features) / sizeof(features[0]))

const struct feature *feature_at(size_t i)
{
	return i < NR_FEATURES ? &features[i] : NULL;
}

const struct feature *feature_find(const char *name)
{
	size_t i;

	for (i = 0; i < NR_FEATURES; i++)
		if (!strcmp(features[i].name, name))
			return &features[i];
	return NULL;
}

unsigned int release_number(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major << 16 | minor << 8;
}

static bool should_be_there(const struct feature *f)
{
	struct utsname u;

	return !uname(&u) && release_number(u.release) >= release_number(f->since);
}

enum feature_state feature_check(const char *name, char *why, size_t why_sz)
{
	const struct feature *f = feature_find(name);
	char clause[192] = "";
	int rc;

	if (!f) {
		snprintf(why, why_sz, "no such feature is known");
		return FEATURE_UNKNOWN;
	}
	rc = f->probe(clause, sizeof(clause));
	if (rc > 0)
		return FEATURE_YES;
	if (rc < 0) {
		snprintf(why, why_sz, "cannot be probed: %s", strerror(-rc));
		return FEATURE_UNKNOWN;
	}
	snprintf(why, why_sz, "%s%s%s%s", clause, should_be_there(f) ? " [suspicious: in since " :
		 " [in since ", f->since, "]");
	return FEATURE_NO;
}
