// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"
#include "qemu.h"
#include "relay.h"
#include "vm.h"

#define EXIT_USAGE	2

struct launch {
	struct vm_config cfg;
	const char *modules[NR_MODULES_MAX];
	const char *output;
	char **args;		/* the runner's, as given */
	int nr_args;
	bool is_vmlinux, is_verbose;
};

static const char help[] =
"Usage: bench_vm -k KERNEL [options] [--] [RUNNER-ARGS...]\n"
"       bench_vm vmlinux -k KERNEL -o FILE\n"
"\n"
"Boots KERNEL with bench_progs as its init, reports what it measures as RUNNER-ARGS say (run, -t,\n"
"-o, ...: see bench_progs --help), and says how the guest ended. \"vmlinux\" only writes the kernel's\n"
"ELF, which has the BTF.\n"
"\n"
"  -k, --kernel KERNEL   bzImage, vmlinux, kernel build tree, host, or debian:VERSION\n"
"                        (debian:6.12, debian:6.1.0-50, ...: fetched into the cache once)\n"
"      --accel ACCEL     auto (default), kvm, tcg, insn (TCG that counts instructions)\n"
"      --cpus N          default 1\n"
"      --mem MIB         default 512\n"
"      --timeout SEC     wall time of the whole guest, default 900\n"
"      --hang SEC        wall time without a result, default 90\n"
"      --boot SEC        wall time until the guest reports, default 60\n"
"      --console FILE    keep the console; otherwise kept in results/ after a failure only\n"
"      --module MODULE   loaded before the run, repeatable: a file (.ko, .ko.xz, .ko.zst,\n"
"                        .ko.gz), or the name of one of KERNEL's (what it needs comes along)\n"
"      --qemu PATH       default qemu-system-x86_64\n"
"  -o, --output FILE     where \"vmlinux\" writes\n"
"  -q, --quiet           no notes on fetching and falling back\n"
"  -v, --verbose         say which accelerator was used and how long the guest took\n"
"  -h, --help            this text\n"
"\n"
"Exit status: 0 passed, 1 failed, 2 usage or no such kernel, 4 nothing could run, 10 panicked,\n"
"11 hung, 12 did not boot, 13 no QEMU, 124 timed out, 130 interrupted, 143 terminated.\n"
"Environment: BENCH_CACHE (cache directory), BENCH_PROGS (runner, default: beside bench_vm).\n";

enum {
	OPT_ACCEL = 256,
	OPT_CPUS,
	OPT_MEM,
	OPT_TIMEOUT,
	OPT_HANG,
	OPT_BOOT,
	OPT_CONSOLE,
	OPT_MODULE,
	OPT_QEMU,
};

static const struct option long_options[] = {
	{ "kernel", required_argument, NULL, 'k' },
	{ "accel", required_argument, NULL, OPT_ACCEL },
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "hang", required_argument, NULL, OPT_HANG },
	{ "boot", required_argument, NULL, OPT_BOOT },
	{ "console", required_argument, NULL, OPT_CONSOLE },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "qemu", required_argument, NULL, OPT_QEMU },
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int __attribute__((format(printf, 1, 2))) usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("bench_vm: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(" (see bench_vm --help)\n", stderr);
	return -EINVAL;
}

static int parse_count(const char *name, const char *text, unsigned int max, unsigned int *value)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(text, &end, 10);
	/* strtoul() takes signs and spaces. */
	if (errno || text[0] < '0' || text[0] > '9' || *end || !v || v > max)
		return usage_error("--%s %s: a number from 1 to %u is wanted", name, text, max);
	*value = (unsigned int)v;
	return 0;
}

static int parse_accel(const char *text, enum vm_accel *accel)
{
	enum vm_accel a;

	for (a = VM_ACCEL_AUTO; a <= VM_ACCEL_INSN; a++) {
		if (!strcmp(text, vm_accel_name(a))) {
			*accel = a;
			return 0;
		}
	}
	return usage_error("--accel %s: auto, kvm, tcg or insn is wanted", text);
}

static int parse_count_option(struct vm_config *cfg, int opt, const char *text)
{
	const struct {
		int opt;
		const char *name;
		unsigned int max;
		unsigned int *value;
	} counts[] = {
		{ OPT_CPUS, "cpus", 255, &cfg->nr_cpus },
		{ OPT_MEM, "mem", 1u << 20, &cfg->mem_mib },
		{ OPT_TIMEOUT, "timeout", 1000000, &cfg->timeout_s },
		{ OPT_HANG, "hang", 1000000, &cfg->hang_s },
		{ OPT_BOOT, "boot", 1000000, &cfg->boot_s },
	};
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i].opt == opt)
			return parse_count(counts[i].name, text, counts[i].max, counts[i].value);
	}
	return -EINVAL;
}

static int parse_option(struct launch *o, int opt, char **argv)
{
	switch (opt) {
	case 'k':
		o->cfg.kernel = optarg;
		return *optarg ? 0 : usage_error("-k: an empty name");
	case OPT_ACCEL:
		return parse_accel(optarg, &o->cfg.accel);
	case OPT_CONSOLE:
		o->cfg.console = optarg;
		return 0;
	case OPT_QEMU:
		o->cfg.qemu = optarg;
		return 0;
	case OPT_MODULE:
		if (o->cfg.nr_modules == NR_MODULES_MAX)
			return usage_error("--module: more than %d", NR_MODULES_MAX);
		o->modules[o->cfg.nr_modules++] = optarg;
		return 0;
	case 'o':
		o->output = optarg;
		return 0;
	case 'q':
		o->cfg.notes = NULL;
		return 0;
	case 'v':
		o->is_verbose = true;
		return 0;
	case 'h':
		fputs(help, stdout);
		exit(fflush(stdout) ? 1 : 0);
	case ':':
		return usage_error("%s wants an argument", argv[optind - 1]);
	case '?':
		if (optopt && optopt < 256 && strncmp(argv[optind - 1], "--", 2))
			return usage_error("unknown option -%c", optopt);
		return usage_error("bad option %s", argv[optind - 1]);
	default:
		return parse_count_option(&o->cfg, opt, optarg);
	}
}

static int parse_command_line(struct launch *o, int argc, char **argv)
{
	int opt, err;

	o->cfg.notes = stderr;
	if (argc > 1 && !strcmp(argv[1], "vmlinux")) {
		o->is_vmlinux = true;
		argc--;
		argv++;
	}
	opterr = 0;
	/* '+': the first word that is no option begins the runner's arguments. */
	while ((opt = getopt_long(argc, argv, "+:k:o:qvh", long_options, NULL)) != -1) {
		err = parse_option(o, opt, argv);
		if (err)
			return err;
	}
	if (!o->cfg.kernel)
		return usage_error("-k KERNEL is missing");
	if (o->is_vmlinux && (!o->output || optind < argc))
		return usage_error("vmlinux takes -k KERNEL and -o FILE");
	if (!o->is_vmlinux && o->output)
		return usage_error("-o goes with vmlinux only (the runner's go behind --)");
	o->cfg.modules = o->modules;
	o->args = argv + optind;
	o->nr_args = argc - optind;
	return 0;
}

static void print_outcome(const struct launch *o, const struct vm_outcome *out)
{
	if (o->is_verbose && out->boot_s >= 0)
		fprintf(stderr, "bench_vm: accel %s: heartbeat after %.2f s (guest: %.2f s), QEMU "
			"ran for %.2f s\n", vm_accel_name(out->accel), out->boot_s,
			out->guest_boot_s, out->wall_s);
	fprintf(stderr, "bench_vm: %s%s%s%s%s\n", vm_verdict_name(out->verdict),
		out->reason[0] ? ": " : "", out->reason,
		out->kept_console[0] ? "; console kept in " : "", out->kept_console);
}

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

/* Boots; the guest's document feeds the outputs that the runner's arguments ask for. */
static int launch(struct launch *o)
{
	char runner[PATH_MAX], qemu[PATH_MAX];
	struct relay_host host = { .runner = runner, .kernel = o->cfg.kernel };
	struct vm_outcome out;
	struct relay relay = {};
	int status, err;

	err = vm_find_runner(&o->cfg, runner, sizeof(runner));
	if (err) {
		fprintf(stderr, "bench_vm: cannot find bench_progs: %s\n", strerror(-err));
		return 1;
	}
	if (!qemu_find(o->cfg.qemu, qemu, sizeof(qemu)))
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
	o->cfg.args = (const char *const *)relay.argv;
	o->cfg.nr_args = relay.argc;
	o->cfg.needs_kmod = relay.needs_kmod;
	err = vm_run(&o->cfg, relay_line, &relay, &out);
	if (err)
		fprintf(stderr, "bench_vm: %s\n", strerror(-err));
	status = err ? 1 : vm_exit_status(&out);
	if (relay_close(&relay) && !status)
		status = 1;
	if (!err)
		print_outcome(o, &out);
	return status;
}

static int write_vmlinux(const struct launch *o)
{
	struct vm_outcome out;
	int err = vm_write_vmlinux(&o->cfg, o->output, &out);

	if (err)
		fprintf(stderr, "bench_vm: %s\n", strerror(-err));
	else if (out.verdict != VM_PASSED)
		print_outcome(o, &out);
	return err ? 1 : vm_exit_status(&out);
}

int main(int argc, char **argv)
{
	struct launch o = {};

	/* A reader that went away is an error of fwrite(), behind which the guest is ended. */
	signal(SIGPIPE, SIG_IGN);
	if (parse_command_line(&o, argc, argv))
		return EXIT_USAGE;
	return o.is_vmlinux ? write_vmlinux(&o) : launch(&o);
}
