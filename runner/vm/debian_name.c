// SPDX-License-Identifier: GPL-2.0-only
/* What names and versions of Debian's packages say. */
#include <ctype.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "debian.h"
#include "scratch.h"

static int char_order(char c)
{
	if (c == '~')
		return -1;
	if (!c || isdigit((unsigned char)c))
		return 0;
	return isalpha((unsigned char)c) ? (unsigned char)c : (unsigned char)c + 256;
}

int debian_version_cmp(const char *a, const char *b)
{
	while (*a || *b) {
		unsigned long long na, nb;
		char *end;

		while ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b))) {
			int diff = char_order(*a) - char_order(*b);

			if (diff)
				return diff;
			/* Equal orders are equal characters here, so neither has ended. */
			a++;
			b++;
		}
		na = strtoull(a, &end, 10);
		a = end;
		nb = strtoull(b, &end, 10);
		b = end;
		if (na != nb)
			return na < nb ? -1 : 1;
	}
	return 0;
}

bool debian_version_matches(const char *version, const char *spec)
{
	size_t len = strlen(spec);

	return !strncmp(version, spec, len) && (!version[len] || strchr(".+-~", version[len]));
}

bool debian_package_version(const char *package, const char *flavour, char *version, size_t sz)
{
	static const char *const prefixes[] = { "linux-image-", "linux-binary-unsigned-",
						"linux-binary-" };
	size_t flavour_len = strlen(flavour), len = strlen(package), i;

	if (len > 9 && !strcmp(package + len - 9, "-unsigned"))
		len -= 9;
	if (len <= flavour_len || strncmp(package + len - flavour_len, flavour, flavour_len))
		return false;
	len -= flavour_len;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t skip = strlen(prefixes[i]);

		if (len <= skip || strncmp(package, prefixes[i], skip))
			continue;
		/* "linux-image-6.12-cloud-amd64" is a meta package: a version has two dots. */
		if (!isdigit((unsigned char)package[skip]) ||
		    text_format(version, sz, "%.*s", (int)(len - skip), package + skip))
			return false;
		return strchr(version, '.') && strchr(strchr(version, '.') + 1, '.');
	}
	return false;
}

bool debian_needs_libc(const char *depends, const char *have)
{
	const char *at = strstr(depends, "libc6 (>= ");
	char want[32];

	return at && sscanf(at, "libc6 (>= %31[^)]", want) == 1 &&
	       debian_version_cmp(have, want) < 0;
}

int debian_kbuild_package(const char *version, bool is_split, char *package, size_t sz)
{
	const char *dot = strchr(version, '.');
	size_t len = strlen(version);

	/* "6.1.0-50": the number behind the dash is that of an ABI, and the tools are 6.1's. */
	if (!is_split && dot)
		len = dot + 1 + strspn(dot + 1, "0123456789") - version;
	return text_format(package, sz, "linux-kbuild-%.*s", (int)len, version);
}
