// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "prog_set.h"

/* Instructions as they were loaded: libbpf has written the maps' descriptors into them. */
static int load_copy(const struct bpf_program *prog, struct bpf_insn *insns, size_t nr)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = bpf_program__expected_attach_type(prog));

	return bpf_prog_load(bpf_program__type(prog), bpf_program__name(prog), "GPL", insns, nr,
			     &opts);
}

static int create_copy(const struct bpf_map *map)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = bpf_map__map_flags(map));

	return bpf_map_create(bpf_map__type(map), "copy", bpf_map__key_size(map),
			      bpf_map__value_size(map), bpf_map__max_entries(map), &opts);
}

static void replace_map(struct bpf_insn *insns, size_t nr, int from, int to)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    insns[i].src_reg == BPF_PSEUDO_MAP_FD && insns[i].imm == from)
			insns[i].imm = to;
}

static int add_copy(struct prog_set *s, const struct bpf_program *prog, const struct bpf_map *map,
		    struct bpf_insn *insns, size_t nr_insns)
{
	const uint32_t at = s->nr++;

	s->progs[at] = s->maps[at] = -1;
	if (map) {
		s->maps[at] = create_copy(map);
		if (s->maps[at] < 0)
			return s->maps[at];
		replace_map(insns, nr_insns, s->maps[at - 1], s->maps[at]);
	}
	s->progs[at] = load_copy(prog, insns, nr_insns);
	return s->progs[at] < 0 ? s->progs[at] : 0;
}

/* A program may hold 1024 descriptors unless it asks for more; sets are larger. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int prog_set_load(struct prog_set *s, struct bpf_program *prog, struct bpf_map *map, uint32_t nr)
{
	const size_t nr_insns = bpf_program__insn_cnt(prog);
	struct bpf_insn *insns;
	int err = 0;

	memset(s, 0, sizeof(*s));
	if (!nr || nr > PROG_SET_MAX)
		return -E2BIG;
	insns = calloc(nr_insns, sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(prog), nr_insns * sizeof(*insns));
	allow_descriptors();
	s->progs[0] = bpf_program__fd(prog);
	s->maps[0] = map ? bpf_map__fd(map) : -1;
	s->nr = 1;
	while (s->nr < nr && !err)
		err = add_copy(s, prog, map, insns, nr_insns);
	free(insns);
	return err;
}

void prog_set_close(struct prog_set *s)
{
	uint32_t i;

	for (i = 1; i < s->nr; i++) {
		if (s->progs[i] >= 0)
			close(s->progs[i]);
		if (s->maps[i] >= 0)
			close(s->maps[i]);
	}
	s->nr = 0;
}

static int read_runs(int fd, uint64_t *runs)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &len);

	*runs = info.run_cnt;
	return err;
}

int prog_set_mark(struct prog_set *s)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < s->nr && !err; i++)
		err = read_runs(s->progs[i], &s->runs[i]);
	return err;
}

int64_t prog_set_runs(const struct prog_set *s, uint32_t i)
{
	uint64_t runs;
	int err = read_runs(s->progs[i], &runs);

	return err ? err : (int64_t)(runs - s->runs[i]);
}

int64_t prog_set_all_runs(void *ctx)
{
	const struct prog_set *s = ctx;
	int64_t runs, sum = 0;
	uint32_t i;

	for (i = 0; i < s->nr; i++) {
		runs = prog_set_runs(s, i);
		if (runs < 0)
			return runs;
		sum += runs;
	}
	return sum;
}
