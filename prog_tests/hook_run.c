// SPDX-License-Identifier: GPL-2.0-only
/* Return values and the number of runs are verified for every program without a loop. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include "bench_family.h"
#include "hook_run.skel.h"

#define LOOPBACK 1	/* its index in every network namespace */

/*
 * A test run of more than one repetition enters the XDP program into the dispatcher and takes it
 * out again (f23c4b3924d2), which waits for RCU: milliseconds that would drown the run itself. A
 * program that is attached is there already. The namespace belongs to this process and ends with
 * it; its loopback carries no traffic.
 */
static int setup(struct bench_run *r)
{
	struct hook_run *skel = r->skel;
	int err;

	if (bpf_program__type(r->prog) != BPF_PROG_TYPE_XDP || r->is_once)
		return 0;
	if (!r->load && unshare(CLONE_NEWNET))
		return bench_fail(r, -errno, "cannot make a network namespace: %s",
				  strerror(errno));
	skel->links.xdp = bpf_program__attach_xdp(r->prog, LOOPBACK);
	if (!skel->links.xdp) {
		err = -errno;
		return bench_fail(r, err, "cannot attach to the loopback of a namespace: %s",
				  strerror(-err));
	}
	return 0;
}

BENCH_FAMILY(hook_run, .setup = setup);
