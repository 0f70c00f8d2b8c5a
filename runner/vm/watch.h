/* SPDX-License-Identifier: GPL-2.0-only */
/* Follows one running guest to its end through the files QEMU writes. */
#ifndef BENCH_VM_WATCH_H
#define BENCH_VM_WATCH_H

#include "progress.h"
#include "scratch.h"
#include "vm.h"

struct tail {
	int fd;
	char *buf;
	size_t len, cap;
};

struct watch {
	struct scratch *s;
	struct proc qemu;
	const char *console_path, *channel_path, *errors_path;
	double boot_s, hang_s, timeout_s;
	int copy_fd;		/* the console goes there as it comes, < 0: nowhere */
	int copy_err;		/* first failed write to it */
	vm_line_cb cb;
	void *ctx;

	/* Inside: what is known about the guest so far. */
	struct tail console, channel;
	struct progress progress;
	double start_s, last_s;	/* start; last output on the channel */
	int cb_err;
	bool booted, ended, panicked, locked_up, bad_line;
	unsigned long long nr_channel;	/* bytes */
	unsigned long long nr_console;	/* since the channel's last */
	long long oom_kills;	/* of the host, when the guest started; < 0: not known */
	int status;		/* as vm_outcome's guest_status */
	double guest_boot_s, boot_took_s;
	char oops[256], panic[256], failure[256];
};

/* Needs everything above "Inside" set. Kills and reaps QEMU, fills @out. 0 or -errno. */
int watch_guest(struct watch *w, struct vm_outcome *out);
void watch_free(struct watch *w);

#endif
