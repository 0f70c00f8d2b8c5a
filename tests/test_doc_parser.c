// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a parser may say of a line, and jansson 2.14's never does: its json_loadb() leaves the code
 * of an error at "unknown" where an allocation fails. Ours goes before that of the shared library.
 */
#include <errno.h>

#include "core/doc.h"
#include "kselftest_harness.h"

static struct {
	enum json_error_code code;
	const char *text;
} says;

/* Jansson keeps the code in the last byte of the text. */
json_t *json_loadb(const char *line, size_t len, size_t flags, json_error_t *e)
{
	(void)line;
	(void)len;
	(void)flags;
	snprintf(e->text, sizeof(e->text) - 1, "%s", says.text);
	e->text[sizeof(e->text) - 1] = (char)says.code;
	return NULL;
}

TEST(parser_errors)
{
	static const struct {
		enum json_error_code code;
		const char *text, *err;
		int ret;
	} cases[] = {
		{ json_error_out_of_memory, "Out of memory", "out of memory", -ENOMEM },
		{ json_error_unknown, "", "out of memory", -ENOMEM },
		{ json_error_invalid_syntax, "near '\x1b[1m\xff'", "not JSON: near '?[1m?'",
		  -EINVAL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct doc_item item;
		char err[256];

		says.code = cases[i].code;
		says.text = cases[i].text;
		EXPECT_EQ(cases[i].ret, doc_parse_line("{}", 2, &item, err, sizeof(err)));
		EXPECT_STREQ(cases[i].err, err);
	}
}

TEST_HARNESS_MAIN
