// SPDX-License-Identifier: GPL-2.0-only
/*
 * A good document that is cut at every byte, changed at random, or read without memory.
 * Allocations fail by __wrap_malloc, __wrap_calloc and __wrap_realloc of doc_fixture.h.
 */
#include <errno.h>

#include "doc_fixture.h"
#include "kselftest_harness.h"

static char err[512];

static struct prog_code *some_code(void)
{
	struct prog_code *c = calloc(1, sizeof(*c));

	code_base64_get(&c->xlated, "hQAAAAAAAACVAAAAAAAAAA==", 16);
	code_base64_get(&c->jited, "6AAAAADD", 6);
	prog_code_add_func(c, "hash", 0, 6);
	code_names__add(&c->xlated_names, 0, "bpf_loop");
	code_names__add(&c->jited_names, 1, "bpf_loop");
	return c;
}

static char *good_text(size_t *sz)
{
	struct estimate e = estimate_ns(12.5, 0.25), x = estimate_exact(312);
	struct sample s = { .elapsed = 1000, .done = 10 };
	struct doc_end end = { .passed = 1, .skipped = 1, .seconds = 2.5 };
	struct run_doc doc;
	struct memory m;
	struct result *r;
	char *text;

	doc_init(&doc, CLOCK_KIND_NS);
	doc_plan(&doc.header, "map/hash");
	doc.header.argv = calloc(1, sizeof(char *));
	doc.header.argv[doc.header.argc++] = strdup("bench_progs");
	r = doc_add(&doc, "map/hash:n=1", STATUS_OK);
	r->params[r->nr_params++] = (struct param){ strdup("n"), 1 };
	r->notes[r->nr_notes++] = strdup("\xc3\xa9");
	result_add_metric(r, "net", &e);
	result_add_metric(r, "jited", &x);
	for (int i = 0; i < 2; i++)
		sample_set__add(&r->samples[i], &s);
	r->code[SLOT_RAW] = some_code();
	r->code[SLOT_BASE] = calloc(1, sizeof(struct prog_code));
	r->code[SLOT_BASE]->id = strdup("map/empty");
	doc_add(&doc, "map/lru", STATUS_SKIP);
	memory_open(&m);
	doc_write_header(m.out, &doc.header);
	for (size_t i = 0; i < doc.nr_results; i++)
		doc_write_result(m.out, &doc.results[i], CLOCK_KIND_NS);
	doc_write_end(m.out, &end);
	text = malloc(m.sz + 1);
	memcpy(text, m.text, m.sz + 1);
	*sz = m.sz;
	run_doc_free(&doc);
	memory_close(&m);
	return text;
}

TEST(cut_at_every_byte)
{
	struct run_doc doc;
	size_t sz, header_sz;
	char *text = good_text(&sz);

	header_sz = strchr(text, '\n') - text;
	for (size_t n = 0; n < sz; n++) {
		int ret = read_text(text, n, &doc, err, sizeof(err));

		ASSERT_EQ(n < header_sz ? -EINVAL : 0, ret);
		ASSERT_FALSE(doc.complete);
		run_doc_free(&doc);
	}
	ASSERT_EQ(0, read_text(text, sz, &doc, err, sizeof(err)));
	EXPECT_TRUE(doc.complete);
	EXPECT_EQ(2, doc.nr_results);
	run_doc_free(&doc);
	free(text);
}

/* Ours, not jansson's: of 2.14 some that fail end as syntax errors, one in an assertion. */
TEST(every_allocation_fails)
{
	struct run_doc doc;
	size_t sz;
	char *text = good_text(&sz);
	const char *path;
	long n = 0;
	FILE *file;
	int ret;

	ASSERT_TRUE(can_fail());
	path = text_path(text, sz, &file);
	do {
		fail_after = n;
		ret = run_doc_read(path, &doc, err, sizeof(err));
		fail_after = -1;
		if (ret) {
			ASSERT_EQ(-ENOMEM, ret);
			ASSERT_NE(NULL, strstr(err, ": out of memory"));
			ASSERT_EQ(NULL, doc.results);
		}
		run_doc_free(&doc);
	} while (ret && n++ < 1000);
	EXPECT_LT(15, n);
	EXPECT_EQ(0, ret);
	fclose(file);
	free(text);
}

/* Whatever a mutated document is, reading it ends, and what is accepted can be written again. */
TEST(mutations)
{
	size_t sz;
	char *text = good_text(&sz), *copy = malloc(2 * sz);
	struct rng rng;
	int nr_accepted = 0;

	rng_seed(&rng, 20261120);
	for (int i = 0; i < 8000; i++) {
		struct run_doc doc;
		struct memory m;

		memcpy(copy, text, sz);
		for (uint64_t k = rng_below(&rng, 4) + 1; k; k--) {
			size_t at = rng_below(&rng, sz), to = rng_below(&rng, sz);

			switch (rng_below(&rng, 4)) {
			case 0:
				copy[at] ^= 1 << rng_below(&rng, 8);
				break;
			case 1:
				copy[at] = "0-9.eE\"\\{}[],:\n\x1b\xff"[rng_below(&rng, 18)];
				break;
			case 2:
				copy[at] = copy[to];
				break;
			default:
				memmove(copy + at, copy + to, sz - (at > to ? at : to));
			}
		}
		if (read_text(copy, sz, &doc, err, sizeof(err))) {
			ASSERT_EQ(0, doc.nr_results);
			ASSERT_TRUE(doc_text_is_valid(err));
			continue;
		}
		nr_accepted++;
		memory_open(&m);
		ASSERT_EQ(0, doc_write_header(m.out, &doc.header));
		for (size_t r = 0; r < doc.nr_results; r++)
			ASSERT_EQ(0, doc_write_result(m.out, &doc.results[r], doc.header.clock));
		memory_close(&m);
		run_doc_free(&doc);
	}
	EXPECT_LT(100, nr_accepted);
	EXPECT_LT(nr_accepted, 7900);
	free(copy);
	free(text);
}

TEST_HARNESS_MAIN
