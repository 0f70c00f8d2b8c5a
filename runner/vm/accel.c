// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "accel.h"
#include "scratch.h"

#define CPUINFO_MAX	(16u << 20)
#define BOOT_ID_SZ	64

/* A flag as a whole word in a "flags" line. */
static bool flags_have(const char *flags, const char *flag)
{
	const char *end = flags + strcspn(flags, "\n");
	size_t len = strlen(flag);

	while ((flags = strstr(flags, flag)) && flags < end) {
		if (flags[-1] == ' ' && (flags[len] == ' ' || flags[len] == '\n' || !flags[len]))
			return true;
		flags += len;
	}
	return false;
}

bool cpuinfo_lacks_virt(const char *cpuinfo)
{
	const char *flags = strstr(cpuinfo, "\nflags\t");

	if (!flags)
		return false;
	flags++;
	return !flags_have(flags, "vmx") && !flags_have(flags, "svm");
}

static int kvm_verdict_path(struct scratch *s, char *path, size_t sz)
{
	struct utsname uts;

	if (uname(&uts))
		return -errno;
	return text_format(path, sz, "%s/kvm.%s", s->cache, uts.nodename);
}

static bool read_boot_id(char *id)
{
	char *text;
	size_t len;

	if (file_read("/proc/sys/kernel/random/boot_id", 4096, &text, &len))
		return false;
	text_last_line(text, len, id, BOOT_ID_SZ);
	free(text);
	return id[0];
}

void kvm_explain(int err, char *why, size_t sz)
{
	if (err == ENOENT || err == ENODEV || err == ENXIO)
		snprintf(why, sz, "there is no /dev/kvm: the CPU has none, or the module "
			 "kvm_intel or kvm_amd is not loaded");
	else if (err == EACCES || err == EPERM)
		snprintf(why, sz,
			 "no permission for /dev/kvm: its group is for that (Debian: kvm)");
	else
		snprintf(why, sz, "/dev/kvm: %s", strerror(err));
}

enum kvm_verdict kvm_look(struct scratch *s, const char *root, char *why, size_t sz)
{
	char path[PATH_MAX], id[BOOT_ID_SZ], *text;
	enum kvm_verdict verdict = KVM_UNKNOWN;
	size_t len;

	if (text_format(path, sizeof(path), "%s/dev/kvm", root) || access(path, R_OK | W_OK)) {
		kvm_explain(errno, why, sz);
		return KVM_BROKEN;
	}
	if (!text_format(path, sizeof(path), "%s/proc/cpuinfo", root) &&
	    !file_read(path, CPUINFO_MAX, &text, &len)) {
		bool lacks = cpuinfo_lacks_virt(text);

		free(text);
		if (lacks) {
			snprintf(why, sz, "/dev/kvm is there, but the CPU shows neither vmx nor "
				 "svm");
			return KVM_BROKEN;
		}
	}
	if (kvm_verdict_path(s, path, sizeof(path)) || !read_boot_id(id) ||
	    file_read(path, 4096, &text, &len))
		return KVM_UNKNOWN;
	if (!strncmp(text, id, strlen(id))) {
		snprintf(why, sz, "/dev/kvm is there, but no guest came up with it since this host "
			 "booted");
		verdict = strstr(text, " works") ? KVM_WORKS : KVM_BROKEN;
	}
	free(text);
	return verdict;
}

void kvm_remember(struct scratch *s, bool works)
{
	char path[PATH_MAX], id[BOOT_ID_SZ], text[BOOT_ID_SZ + 16];

	/* Only a saving of seconds: failing to write it changes nothing else. */
	if (dir_make_all(s->cache) || kvm_verdict_path(s, path, sizeof(path)) || !read_boot_id(id))
		return;
	snprintf(text, sizeof(text), "%s %s\n", id, works ? "works" : "broken");
	file_write_atomic(path, text, strlen(text));
}
