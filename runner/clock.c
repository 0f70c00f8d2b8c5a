// SPDX-License-Identifier: GPL-2.0-only
/* May this process measure here, and with which clock? */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>
#include "env.h"
#include "feature.h"
#include "run.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static bool has_cap(const struct __user_cap_data_struct *data, int cap)
{
	return data[cap / 32].effective & 1u << cap % 32;
}

/* Whose capabilities bpf(2) does not ask for. The first one maps all IDs. */
static bool is_in_user_namespace(void)
{
	char map[64];
	long long nr;

	return !read_text("/proc/self/uid_map", map, sizeof(map)) &&
	       sscanf(map, "%*d %*d %lld", &nr) == 1 && nr < UINT32_MAX;
}

const char *missing_capability(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &header, data))
		return "CAP_SYS_ADMIN";
	if (!has_cap(data, CAP_NET_ADMIN))
		return "CAP_NET_ADMIN";
	/* Statistics of runs and test runs of tracing programs still ask for it. */
	if (!has_cap(data, CAP_SYS_ADMIN))
		return "CAP_SYS_ADMIN";
	if (is_in_user_namespace())
		return "CAP_SYS_ADMIN outside of a user namespace";
	return NULL;
}

int choose_clock(const struct options *o, enum clock_kind *clock, char *note, size_t note_sz,
		 char *err, size_t err_sz)
{
	bool is_fake = strncmp(o->exec, "kernel", 6);
	const char *accel = is_fake ? "metal" : env_accel();
	bool is_counted = !strcmp(accel, "tcg-icount") || is_fake;
	bool is_tcg = !strcmp(accel, "tcg");

	note[0] = '\0';
	if (!o->clock_auto && o->clock == CLOCK_KIND_INSN && !is_counted) {
		snprintf(err, err_sz, "--clock insn: only a counted guest counts instructions "
			 "(bench_vm --accel insn), this is \"%s\"", accel);
		return -EINVAL;
	}
	if (!o->clock_auto && o->clock == CLOCK_KIND_NS && is_tcg) {
		snprintf(err, err_sz, "--clock ns: time under uncounted emulation is noise; use "
			 "bench_vm --accel insn or kvm");
		return -EINVAL;
	}
	if (!o->clock_auto) {
		*clock = o->clock;
	} else if (is_tcg) {
		*clock = CLOCK_KIND_NONE;
		snprintf(note, note_sz, "uncounted emulation: time would be noise, only sizes and "
			 "verifier figures are reported");
	} else {
		*clock = is_counted && !is_fake ? CLOCK_KIND_INSN : CLOCK_KIND_NS;
	}
	return 0;
}
