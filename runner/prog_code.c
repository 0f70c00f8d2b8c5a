// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include "feature.h"
#include "ksyms.h"
#include "prog_code.h"

/* All that one look at a program asks for. */
struct dump {
	struct bpf_prog_info info;
	struct bpf_func_info funcs[CODE_MAX_FUNCS];
	__u32 lens[CODE_MAX_FUNCS];
	__u64 addrs[CODE_MAX_FUNCS];
	__u8 *xlated, *jited;
};

static const char *find_symbol(void *ctx, uint64_t addr)
{
	(void)ctx;
	return ksyms_name(addr);
}

static const char *find_map(void *ctx, uint32_t id)
{
	struct bpf_map_info info;
	struct bpf_map *map;
	__u32 len;

	bpf_object__for_each_map(map, (struct bpf_object *)ctx) {
		len = sizeof(info);
		memset(&info, 0, sizeof(info));
		if (bpf_map__fd(map) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len) && info.id == id)
			return bpf_map__name(map);
	}
	return NULL;
}

static const char *find_kfunc(void *ctx, uint32_t id)
{
	const struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *t = btf ? btf__type_by_id(btf, id) : NULL;

	(void)ctx;
	return t && btf_is_func(t) ? btf__name_by_offset(btf, t->name_off) : NULL;
}

static int say_why(struct prog_code *c, const char *why)
{
	c->why = strdup(why);
	return c->why ? 0 : -ENOMEM;
}

/* Sizes first, then what has room. 1: more than a document takes, or not shown. */
static int read_dump(int fd, struct dump *d, struct prog_code *c)
{
	__u32 len = sizeof(d->info), xlated_len, jited_len;
	char why[128];

	if (bpf_obj_get_info_by_fd(fd, &d->info, &len))
		return say_why(c, "the kernel does not show the program") ?: 1;
	xlated_len = d->info.xlated_prog_len;
	jited_len = d->info.jited_prog_len;
	if (xlated_len > CODE_MAX_IMAGE || jited_len > CODE_MAX_IMAGE ||
	    d->info.nr_jited_func_lens > CODE_MAX_FUNCS) {
		snprintf(why, sizeof(why), "too large to be kept: xlated %u and jited %u bytes, "
			 "%u functions", xlated_len, jited_len, d->info.nr_jited_func_lens);
		return say_why(c, why) ?: 1;
	}
	d->xlated = calloc(1, xlated_len + 1);
	d->jited = calloc(1, jited_len + 1);
	if (!d->xlated || !d->jited)
		return -ENOMEM;
	memset(&d->info, 0, sizeof(d->info));
	len = sizeof(d->info);
	d->info.xlated_prog_insns = (__u64)(unsigned long)d->xlated;
	d->info.xlated_prog_len = xlated_len;
	d->info.jited_prog_insns = (__u64)(unsigned long)d->jited;
	d->info.jited_prog_len = jited_len;
	d->info.jited_ksyms = (__u64)(unsigned long)d->addrs;
	d->info.nr_jited_ksyms = CODE_MAX_FUNCS;
	d->info.jited_func_lens = (__u64)(unsigned long)d->lens;
	d->info.nr_jited_func_lens = CODE_MAX_FUNCS;
	d->info.func_info = (__u64)(unsigned long)d->funcs;
	d->info.nr_func_info = CODE_MAX_FUNCS;
	d->info.func_info_rec_size = sizeof(d->funcs[0]);
	if (bpf_obj_get_info_by_fd(fd, &d->info, &len) || !d->info.xlated_prog_insns)
		return say_why(c, "the kernel does not show the program") ?: 1;
	return 0;
}

static const char *func_name(const struct dump *d, __u32 i, const struct bpf_program *prog,
			     const struct btf *btf)
{
	const struct btf_type *t;

	if (i >= d->info.nr_func_info)
		return bpf_program__name(prog);
	t = btf__type_by_id(btf, d->funcs[i].type_id);
	return t ? btf__name_by_offset(btf, t->name_off) : bpf_program__name(prog);
}

/* Without machine code a function has no length. */
static int add_funcs(const struct dump *d, const struct bpf_program *prog, const struct btf *btf,
		     struct prog_code *c)
{
	__u32 i, nr = d->info.nr_func_info ? d->info.nr_func_info : 1;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = prog_code_add_func(c, func_name(d, i, prog, btf),
					 i < d->info.nr_func_info ? d->funcs[i].insn_off : 0,
					 c->jited.sz && i < d->info.nr_jited_func_lens ?
					 d->lens[i] : 0);
	return err;
}

/* With blinded constants each load has another image, and is no one's to compare. */
static const char *why_no_machine_code(const struct dump *d)
{
	char harden[8] = "";

	if (!d->info.jited_prog_insns || !d->info.jited_prog_len)
		return "the kernel does not show machine code "
		       "(kernel.kptr_restrict must be 0 or 1)";
	if (!read_text("/proc/sys/net/core/bpf_jit_harden", harden, sizeof(harden)) &&
	    !strcmp(harden, "2"))
		return "net.core.bpf_jit_harden is 2: constants are blinded anew at each load";
	return NULL;
}

static int take_dump(struct dump *d, const struct bpf_program *prog, struct bpf_object *obj,
		     struct prog_code *c)
{
	const char *why = why_no_machine_code(d);
	struct code_symbols s = {
		.symbol = find_symbol, .map = find_map, .kfunc = find_kfunc, .ctx = obj,
		.call_base = ksyms_call_base(),
	};
	struct utsname uts;
	int err;

	c->xlated = (struct code_bytes){ d->xlated, d->info.xlated_prog_len };
	d->xlated = NULL;
	if (why) {
		err = say_why(c, why);
		if (err)
			return err;
	} else {
		c->jited = (struct code_bytes){ d->jited, d->info.jited_prog_len };
		d->jited = NULL;
	}
	err = add_funcs(d, prog, bpf_object__btf(obj), c);
	memcpy(s.func_addrs, d->addrs, sizeof(d->addrs));
	uname(&uts);
	return err ?: code_mask(c, code_arch_parse(uts.machine), &s);
}

/* Nothing but the reason. */
static int give_up(struct prog_code **code, const char *why)
{
	prog_code_free(*code);
	*code = calloc(1, sizeof(**code));
	return *code ? say_why(*code, why) : -ENOMEM;
}

int prog_code_read(const struct bpf_program *prog, struct bpf_object *obj,
		   struct prog_code **code)
{
	struct prog_code *c = calloc(1, sizeof(*c));
	struct dump *d = calloc(1, sizeof(*d));
	int err = c && d ? read_dump(bpf_program__fd(prog), d, c) : -ENOMEM;
	const char *wrong;

	*code = c;
	if (!err)
		err = take_dump(d, prog, obj, c);
	if (d) {
		free(d->xlated);
		free(d->jited);
	}
	free(d);
	if (err == -ENOSPC)
		return give_up(code, "too many functions or addresses to be kept");
	/* A kernel that says something else than it used to must not cost the result. */
	wrong = err ? NULL : prog_code_check(c);
	if (wrong)
		return give_up(code, wrong);
	return err > 0 ? 0 : err;
}
