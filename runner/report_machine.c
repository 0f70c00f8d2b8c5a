// SPDX-License-Identifier: GPL-2.0-only
/* Machine code as text, by capstone. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <capstone/capstone.h>
#include "core/bpf_disasm.h"
#include "report_code.h"

#define NO_LINE (-1)

/* One function: its bytes, and where they are in the image. */
struct part {
	const struct prog_code *c;
	const char *prog;		/* as of machine_code_list() */
	csh cs;
	cs_insn *insn;			/* the one that was decoded last */
	uint32_t start, len;
	size_t first_line;
};

static int open_capstone(enum code_arch arch, csh *cs)
{
	cs_err err = CS_ERR_ARCH;

	if (arch == CODE_ARCH_X86_64)
		err = cs_open(CS_ARCH_X86, CS_MODE_64, cs);
	else if (arch == CODE_ARCH_ARM64)
		err = cs_open(CS_ARCH_ARM64, CS_MODE_ARM, cs);
	return err == CS_ERR_OK ? 0 : err == CS_ERR_MEM ? -ENOMEM : -EOPNOTSUPP;
}

/* Without room to spare: a listing of 64 KiB has up to as many lines. */
static int add_line(struct code_listing *l, const char *text, int64_t at, int64_t target)
{
	struct code_line *line = &l->v[l->nr];

	*line = (struct code_line){ .text = strdup(text), .at = at, .target = target };
	if (!line->text)
		return -ENOMEM;
	l->nr++;
	l->nr_insns += at >= 0;
	return 0;
}

static bool is_branch(enum code_arch arch, const char *mnemonic)
{
	static const char *const arm64[] = { "b", "bl", "cbz", "cbnz", "tbz", "tbnz" };

	if (arch == CODE_ARCH_X86_64)
		return mnemonic[0] == 'j' || !strcmp(mnemonic, "call");
	for (size_t i = 0; i < sizeof(arm64) / sizeof(arm64[0]); i++)
		if (!strcmp(mnemonic, arm64[i]))
			return true;
	return !strncmp(mnemonic, "b.", 2);
}

/* Puts @name in place of the operand that was an address. */
static void put_name(char *buf, size_t sz, enum code_arch arch, const cs_insn *insn,
		     const char *name)
{
	const char *op = insn->op_str, *from = op, *to = op + strlen(op), *last;

	if (is_branch(arch, insn->mnemonic)) {
		/* The operand as a whole. */
	} else if (arch == CODE_ARCH_X86_64 && strchr(op, '[') && strchr(op, ']')) {
		from = strchr(op, '[') + 1;
		to = strchr(op, ']');
	} else {
		last = strchr(op, ',');
		from = last ? last + 2 : op;
		last = strchr(from, ',');
		to = last ? last : to;
	}
	snprintf(buf, sz, "%s %.*s%s%s", insn->mnemonic, (int)(from - op), op, name, to);
}

/* The offset of a direct branch, and where it stands in the operands; -1: it is none. */
static int64_t branch_target(enum code_arch arch, const cs_insn *insn, const char **where)
{
	const char *at = insn->op_str;

	if (!is_branch(arch, insn->mnemonic))
		return -1;
	if (arch == CODE_ARCH_ARM64)
		at = strrchr(at, '#');
	*where = at;
	at += at && *at == '#';
	if (!at || !isdigit((unsigned char)*at))
		return -1;
	return (int64_t)strtoull(at, NULL, 0);
}

/* A name as it is shown: one of the program's own functions may begin with another's name. */
static void show_name(char *buf, size_t sz, const struct part *p, const char *name)
{
	const char *own = p->c->funcs[0].name;

	for (uint32_t i = 0; i < p->c->nr_funcs && p->prog; i++) {
		if (strcmp(name, p->c->funcs[i].name) || strncmp(name, own, strlen(own)))
			continue;
		snprintf(buf, sz, "%s%s", p->prog, name + strlen(own));
		return;
	}
	code_name_text(buf, sz, name);
}

/* For the time being the target is a byte; link_targets() makes lines of them. */
static int add_insn(const struct part *p, uint32_t at, struct code_listing *l)
{
	const cs_insn *insn = p->insn;
	uint32_t from = p->start + at;
	const char *name = code_names__find(&p->c->jited_names, from, from + insn->size), *where;
	char text[384], operand[CODE_MAX_NAME + 16];
	int64_t target = -1;

	if (name) {
		show_name(operand, sizeof(operand), p, name);
		put_name(text, sizeof(text), p->c->arch, insn, operand);
		return add_line(l, text, at, -1);
	}
	target = branch_target(p->c->arch, insn, &where);
	snprintf(text, sizeof(text), "%s%s%.*s", insn->mnemonic, *insn->op_str ? " " : "",
		 target < 0 ? (int)sizeof(insn->op_str) : (int)(where - insn->op_str),
		 insn->op_str);
	while (text[0] && text[strlen(text) - 1] == ' ')
		text[strlen(text) - 1] = 0;
	if (target >= p->len) {
		strcat(text, " <addr>");
		target = -1;
	}
	return add_line(l, text, at, target);
}

/* What capstone does not know, a byte or a word at a time. */
static int add_unknown(const struct part *p, uint32_t at, uint32_t *len, struct code_listing *l)
{
	const uint8_t *b = p->c->jited.v + p->start + at;
	char text[32];

	*len = p->c->arch == CODE_ARCH_ARM64 && p->len - at >= 4 ? 4 : 1;
	if (*len == 4)
		snprintf(text, sizeof(text), ".word 0x%02x%02x%02x%02x", b[3], b[2], b[1], b[0]);
	else
		snprintf(text, sizeof(text), ".byte 0x%02x", b[0]);
	return add_line(l, text, at, -1);
}

static int link_targets(const struct part *p, struct code_listing *l)
{
	int64_t *line_of = malloc((p->len + 1) * sizeof(*line_of));
	size_t i;

	if (!line_of)
		return -ENOMEM;
	for (i = 0; i <= p->len; i++)
		line_of[i] = NO_LINE;
	for (i = p->first_line; i < l->nr; i++)
		line_of[l->v[i].at] = i;
	/* Into the middle of an instruction: data was decoded, there is no such branch. */
	for (i = p->first_line; i < l->nr; i++)
		if (l->v[i].target >= 0)
			l->v[i].target = line_of[l->v[i].target];
	free(line_of);
	return 0;
}

static int list_function(struct part *p, struct code_listing *l)
{
	uint32_t at = 0, len;
	int err = 0;

	p->first_line = l->nr;
	while (at < p->len && !err) {
		const uint8_t *code = p->c->jited.v + p->start + at;
		size_t left = p->len - at;
		uint64_t addr = at;

		if (cs_disasm_iter(p->cs, &code, &left, &addr, p->insn)) {
			err = add_insn(p, at, l);
			len = p->insn->size;
		} else {
			err = add_unknown(p, at, &len, l);
		}
		at += len;
	}
	return err ? err : link_targets(p, l);
}

int machine_code_list(const struct prog_code *c, const char *prog, struct code_listing *l)
{
	struct part p = { .c = c, .prog = prog };
	char heading[CODE_MAX_NAME + 16];
	int err;

	*l = (struct code_listing){ 0 };
	if (!c->jited.sz)
		return -EOPNOTSUPP;
	err = open_capstone(c->arch, &p.cs);
	if (err)
		return err;
	p.insn = cs_malloc(p.cs);
	l->v = malloc((c->jited.sz + c->nr_funcs) * sizeof(*l->v));
	if (!p.insn || !l->v)
		err = -ENOMEM;
	for (uint32_t i = 0; i < c->nr_funcs && !err; i++, p.start += p.len) {
		p.len = c->funcs[i].len;
		show_name(heading, sizeof(heading) - 1, &p, c->funcs[i].name);
		strcat(heading, ":");
		err = add_line(l, heading, -1, -1);
		err = err ? err : list_function(&p, l);
	}
	if (p.insn)
		cs_free(p.insn, 1);
	cs_close(&p.cs);
	if (err)
		code_listing_free(l);
	return err;
}

void code_listing_free(struct code_listing *l)
{
	for (size_t i = 0; i < l->nr; i++)
		free(l->v[i].text);
	free(l->v);
	*l = (struct code_listing){ 0 };
}
