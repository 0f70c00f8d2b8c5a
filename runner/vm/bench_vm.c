// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ab.h"
#include "bisect.h"
#include "guests.h"
#include "kernels.h"
#include "matrix.h"
#include "qemu.h"
#include "vm.h"
#include "vm_options.h"

#define EXIT_USAGE	2

/* Said here, the runner's own refusal would be a line on the console. */
static bool clock_fits(enum vm_accel accel, enum clock_kind clock)
{
	if (accel == VM_ACCEL_TCG && clock == CLOCK_KIND_NS)
		fputs("bench_vm: --clock ns: time under uncounted emulation is noise; use --accel "
		      "kvm or insn\n", stderr);
	else if ((accel == VM_ACCEL_TCG || accel == VM_ACCEL_KVM) && clock == CLOCK_KIND_INSN)
		fputs("bench_vm: --clock insn: only --accel insn counts instructions\n", stderr);
	else
		return true;
	return false;
}

/* The last line: how it ended. With all that could be measured, lost cases are failures. */
static int conclude(const struct vm_options *o, const struct vm_outcome *out,
		    unsigned int nr_lost, bool has_end, const char *more)
{
	if (!nr_lost || !has_end) {
		outcome_print(o, out, more);
		return vm_exit_status(out);
	}
	if (out->verdict != VM_PASSED)
		outcome_print(o, out, "");
	fprintf(stderr, "bench_vm: failed: %u case%s took %s guest along\n", nr_lost,
		nr_lost == 1 ? "" : "s", nr_lost == 1 ? "its" : "their");
	return 1;
}

/* Boots; the guest's document feeds the outputs that the runner's arguments ask for. */
static int launch(struct vm_options *o)
{
	char runner[PATH_MAX], qemu[PATH_MAX];
	struct relay_host host = { .runner = runner, .kernel = o->cfg.kernel,
				   .facts = o->facts, .nr_facts = o->nr_facts,
				   .cfg = &o->cfg };
	struct vm_outcome out;
	struct relay relay = {};
	unsigned int nr_lost;
	const char *more;
	int status, err;
	bool has_end;

	err = vm_find_lister(&o->cfg, runner, sizeof(runner));
	if (err) {
		fprintf(stderr, "bench_vm: cannot find bench_progs: %s\n", strerror(-err));
		return 1;
	}
	if (!qemu_find(o->cfg.arch, o->cfg.qemu, qemu, sizeof(qemu)))
		host.qemu = qemu;
	status = relay_open(&relay, &host, o->nr_args, o->args);
	if (status) {
		relay_close(&relay);
		return status;
	}
	if (!relay.o.clock_auto && !clock_fits(o->cfg.accel, relay.o.clock)) {
		relay_close(&relay);
		return EXIT_USAGE;
	}
	err = guests_run(o, &relay, &out);
	nr_lost = relay.nr_lost;
	has_end = relay.has_end;
	status = relay_finish(&relay, !err && out.verdict == VM_PASSED && !nr_lost && has_end);
	more = relay.baseline.is_slower ? "; slower than the baseline" : "";
	if (relay_close(&relay))
		status = 1;
	if (err) {
		fprintf(stderr, "bench_vm: %s\n", strerror(-err));
		return 1;
	}
	return conclude(o, &out, nr_lost, has_end, more) ?: status;
}

static int write_vmlinux(const struct vm_options *o)
{
	struct vm_outcome out;
	int err = vm_write_vmlinux(&o->cfg, o->outputs[0], &out);

	if (err)
		fprintf(stderr, "bench_vm: %s\n", strerror(-err));
	else if (out.verdict != VM_PASSED)
		outcome_print(o, &out, "");
	return err ? 1 : vm_exit_status(&out);
}

int main(int argc, char **argv)
{
	struct vm_options o;
	int status;

	/* Some start their children with it ignored: how ours end would then be lost. */
	signal(SIGCHLD, SIG_DFL);
	/* A reader that went away is an error of fwrite(), behind which the guest is ended. */
	signal(SIGPIPE, SIG_IGN);
	if (vm_options_parse(&o, argc, argv)) {
		vm_options_free(&o);
		/* To "git bisect run" everything below 128 is a verdict. */
		return o.verb == VM_VERB_BISECT ? 128 + EXIT_USAGE : EXIT_USAGE;
	}
	switch (o.verb) {
	case VM_VERB_HELP:
		vm_options_help(stdout);
		status = fflush(stdout) ? 1 : 0;
		break;
	case VM_VERB_AB:
		status = ab(&o);
		break;
	case VM_VERB_BISECT:
		status = bisect(&o);
		break;
	case VM_VERB_MATRIX:
		status = matrix(&o);
		break;
	case VM_VERB_VMLINUX:
		status = write_vmlinux(&o);
		break;
	case VM_VERB_KERNELS:
		status = kernels_list(&o.cfg);
		break;
	case VM_VERB_FETCH:
		status = kernels_fetch(&o.cfg, o.kernels, o.nr_kernels);
		break;
	case VM_VERB_PRUNE:
		status = kernels_prune(&o.cfg, o.kernels, o.nr_kernels);
		break;
	default:
		status = launch(&o);
	}
	vm_options_free(&o);
	return status;
}
