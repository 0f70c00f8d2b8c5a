/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_DOC_CODE_H
#define BENCH_CORE_DOC_CODE_H

#include "doc.h"

/* Internal to the document's two ends: the member "code" of a result. */
bool doc_code_is_fit(const struct result *r);
/* Nothing for a result without. */
void doc_put_code(FILE *out, const struct result *r);
/* @obj: the member, NULL: there is none. 0, -EINVAL or -ENOMEM and a clause in @err. */
int doc_parse_code(const json_t *obj, struct result *r, char *err, size_t err_sz);

#endif
