// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel made of a program, and of its baseline. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/bpf_disasm.h"
#include "report.h"
#include "report_code.h"

static bool has_code(const struct result *r)
{
	return r->code[SLOT_RAW] || r->code[SLOT_BASE];
}

const char *result_code_missing(const struct result *r, enum slot slot)
{
	const struct prog_code *c = r->code[slot], *code = prog_code_resolve(c);

	if (!c && !has_code(r))
		return r->status != STATUS_OK ? "the case was not measured" :
		       "not recorded (it has no program, or the document is an older one)";
	if (!c)
		return "has no program";
	if (c->id && !c->same)
		return "not in the document";
	if (!code || !code->jited.sz)
		return (c->id ? c->same : c)->why ?: "has no machine code";
	return code->arch == CODE_ARCH_OTHER ? "of an architecture that is not disassembled" : NULL;
}

static void put_xlated(FILE *out, const struct prog_code *c)
{
	uint32_t nr = c->xlated.sz / CODE_INSN_SZ, func = 0, i = 0;
	char text[BPF_DISASM_SZ];

	fprintf(out, "  xlated, %" PRIu32 " bytes\n", c->xlated.sz);
	while (i < nr) {
		uint32_t at = i;

		if (func < c->nr_funcs && c->funcs[func].insn <= i)
			fprintf(out, "  %s:\n", c->funcs[func++].name);
		i += bpf_disasm(c, i, text, sizeof(text));
		fprintf(out, "    %4" PRIu32 ": %s\n", at, text);
	}
}

static int put_jited(FILE *out, const struct prog_code *c)
{
	struct code_listing l;
	int err = machine_code_list(c, NULL, &l);

	if (err)
		return err;
	fprintf(out, "  jited, %" PRIu32 " bytes, %zu instructions\n", c->jited.sz, l.nr_insns);
	for (size_t i = 0; i < l.nr; i++) {
		const struct code_line *line = &l.v[i];

		if (line->at < 0)
			fprintf(out, "  %s\n", line->text);
		else
			fprintf(out, "    %4" PRIx64 ": %s", line->at, line->text);
		if (line->target >= 0)
			fprintf(out, " 0x%" PRIx64, l.v[line->target].at);
		fputs(line->at < 0 ? "" : "\n", out);
	}
	code_listing_free(&l);
	return 0;
}

static int put_slot(FILE *out, const struct result *r, enum slot slot)
{
	const struct prog_code *c = r->code[slot], *code = prog_code_resolve(c);
	const char *missing = result_code_missing(r, slot);

	fputs(slot == SLOT_RAW ? "case" : "\nbaseline", out);
	if (c && c->id)
		fprintf(out, " %s", c->id);
	putc('\n', out);
	if (code)
		put_xlated(out, code);
	if (!missing)
		return put_jited(out, code);
	fputs("  no machine code: ", out);
	report_put_text(out, missing);
	putc('\n', out);
	return 0;
}

int report_disasm(FILE *out, const struct run_doc *doc, const struct result *r)
{
	static const char *const keys[] = { "kernel", "arch" };
	int err;

	fputs(r->id, out);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		fputs(", ", out);
		report_put_text(out, json_string_value(json_object_get(doc->header.env, keys[i])));
	}
	fputs("\n\n", out);
	err = put_slot(out, r, SLOT_RAW);
	return err || !r->code[SLOT_BASE] ? err : put_slot(out, r, SLOT_BASE);
}
