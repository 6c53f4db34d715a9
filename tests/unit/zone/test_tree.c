/* SPDX-License-Identifier: ISC */
/* Finding names: RFC 1034 §4.3.2, RFC 4592, RFC 6672, over parent and child zones. */
#include "wire/types.h"
#include "zone_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char conf[] = "zone example p\nzone child.example c\nzone deep.er.child.example d\n";
static const char *const texts[] = {
	"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS x.\nwww A 192.0.2.1\na.b.c A 192.0.2.1\n*.w A 192.0.2.1\nx.w A "
	"192.0.2.1\n"
	"sub.y.w A 192.0.2.1\n*.star.x A 192.0.2.1\nhost.*.s A 192.0.2.1\nchild NS ns.child\nns.child A "
	"192.0.2.1\n"
	"cut NS ns.cut\nns.cut A 192.0.2.1\nd DNAME e.\n",
	"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS x.\nwww A 192.0.2.1\nhost.deep.er A 192.0.2.1\n*.deep.er A "
	"192.0.2.1\n"
	"both.deep.er A 192.0.2.1\nback.child.example. A 192.0.2.1\n",
	"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS x.\nboth A 192.0.2.1\n",
};

static const char *found(const struct built_zone *b, const char *text, uint16_t type, char *out)
{
	static const char *const kinds[] = {"refused", "node", "nxdomain", "delegation", "dname"};
	struct name name;
	struct match match;
	uint8_t label_at[NAME_LABELS_MAX + 1];
	char node[NAME_TEXT_MAX], zone[NAME_TEXT_MAX];
	const char *why;
	assert_true(name_parse(text, strlen(text), NULL, &name, &why));
	name_labels(&name, label_at);
	struct lookup lookup = {.name = &name, .label_at = label_at};
	zones_find(b->zones, &lookup, type, &match);
	sprintf(out, "%s%s %s %s", match.wildcard ? "wildcard " : "", kinds[match.kind],
		match.zone ? name_format(match.zone->apex->octets, zone) : "-",
		match.node ? name_format(match.node->name, node) : "-");
	return out;
}

static void names_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint16_t type;
		const char *expected;
	} rows[] = {
		{"example", TYPE_A, "node example. example."},
		{"www.example", TYPE_A, "node example. www.example."},
		{"nope.example", TYPE_A, "nxdomain example. -"},
		{"x.www.example", TYPE_A, "nxdomain example. -"},
		{"other", TYPE_A, "refused - -"},
		{"badexample", TYPE_A, "refused - -"},
		{".", TYPE_A, "refused - -"},
		/* empty non-terminals */
		{"c.example", TYPE_A, "node example. c.example."},
		{"b.c.example", TYPE_A, "node example. b.c.example."},
		{"x.b.c.example", TYPE_A, "nxdomain example. -"},
		/* wildcards: the closest encloser decides */
		{"q.w.example", TYPE_A, "wildcard node example. *.w.example."},
		{"q.q.w.example", TYPE_A, "wildcard node example. *.w.example."},
		{"x.w.example", TYPE_A, "node example. x.w.example."},
		{"q.x.w.example", TYPE_A, "nxdomain example. -"},
		{"y.w.example", TYPE_A, "node example. y.w.example."},
		{"q.y.w.example", TYPE_A, "nxdomain example. -"},
		{"*.w.example", TYPE_A, "node example. *.w.example."},
		{"q.*.w.example", TYPE_A, "nxdomain example. -"},
		{"q.s.example", TYPE_A, "wildcard node example. *.s.example."},
		{"host.*.s.example", TYPE_A, "node example. host.*.s.example."},
		{"host.q.s.example", TYPE_A, "wildcard node example. *.s.example."},
		{"q.*.s.example", TYPE_A, "nxdomain example. -"},
		{"host.q.*.s.example", TYPE_A, "nxdomain example. -"},
		{"q.host.*.s.example", TYPE_A, "nxdomain example. -"},
		{"*.q.s.example", TYPE_A, "wildcard node example. *.s.example."},
		/* delegations */
		{"cut.example", TYPE_A, "delegation example. cut.example."},
		{"q.cut.example", TYPE_A, "delegation example. cut.example."},
		{"ns.cut.example", TYPE_A, "delegation example. cut.example."},
		{"q.ns.cut.example", TYPE_A, "delegation example. cut.example."},
		{"cut.example", TYPE_DS, "node example. cut.example."},
		{"q.cut.example", TYPE_DS, "delegation example. cut.example."},
		/* parent, child and grandchild in one server */
		{"child.example", TYPE_A, "node child.example. child.example."},
		{"www.child.example", TYPE_A, "node child.example. www.child.example."},
		{"child.example", TYPE_DS, "node example. child.example."},
		{"ns.child.example", TYPE_A, "nxdomain child.example. -"},
		{"x.deep.er.child.example", TYPE_A, "nxdomain deep.er.child.example. -"},
		{"deep.er.child.example", TYPE_DS, "node child.example. deep.er.child.example."},
		{"deep.er.child.example", TYPE_A, "node deep.er.child.example. deep.er.child.example."},
		{"er.child.example", TYPE_A, "node child.example. er.child.example."},
		{"er.child.example", TYPE_DS, "node child.example. er.child.example."},
		/* what the parent has of the child's names is not asked for, delegated or not */
		{"host.deep.er.child.example", TYPE_A, "nxdomain deep.er.child.example. -"},
		{"host.deep.er.child.example", TYPE_DS, "nxdomain deep.er.child.example. -"},
		{"*.deep.er.child.example", TYPE_A, "nxdomain deep.er.child.example. -"},
		{"both.deep.er.child.example", TYPE_A,
		 "node deep.er.child.example. both.deep.er.child.example."},
		{"both.deep.er.child.example", TYPE_DS,
		 "node deep.er.child.example. both.deep.er.child.example."},
		{"back.child.example", TYPE_A, "node child.example. back.child.example."},
		{"example", TYPE_DS, "node example. example."},
		/* DNAME */
		{"d.example", TYPE_A, "node example. d.example."},
		{"q.d.example", TYPE_A, "dname example. d.example."},
		{"q.q.d.example", TYPE_DS, "dname example. d.example."},
	};
	struct built_zone b;
	zones_build(conf, texts, &b);
	faults_print(&b.faults, stderr);
	assert_non_null(b.zones);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[3 * NAME_TEXT_MAX];
		if (strcmp(found(&b, rows[i].name, rows[i].type, got), rows[i].expected) != 0)
			fail_msg("%s/%u: %s", rows[i].name, rows[i].type, got);
	}
	zones_discard(&b);
}

/* 127 labels of one octet are 255 octets: nothing is longer. */
static void the_longest_names_are_found(void **state)
{
	(void)state;
	char text[512], labels[300] = "";
	for (int i = 0; i < 125; i++)
		strcat(labels, "a.");
	int len = (int)strlen(labels);
	snprintf(text, sizeof(text), "$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS x.\n*.%.*s A 192.0.2.1\n", len - 1,
		 labels);
	struct built_zone b;
	zones_build("zone e f\n", (const char *const[]){text}, &b);
	assert_non_null(b.zones);
	static const struct {
		const char *first;
		int skip; /* labels of the owner */
		const char *expected;
	} rows[] = {
		{"b.", 0, "wildcard node e. *.a."},
		{"*.", 0, "node e. *.a."},
		{"a.", 0, "wildcard node e. *.a."},
		{"b.b.", 1, "nxdomain e. -"},
		{"", 0, "node e. a."},
		{"", 40, "node e. a."},
		{"b.", 40, "nxdomain e. -"},
		{"", 124, "node e. a.e."},
		{"b.", 124, "nxdomain e. -"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char question[400], got[3 * NAME_TEXT_MAX];
		snprintf(question, sizeof(question), "%s%se", rows[i].first, labels + 2 * rows[i].skip);
		found(&b, question, TYPE_A, got);
		if (strncmp(got, rows[i].expected, strlen(rows[i].expected)) != 0)
			fail_msg("%s: %s", question, got);
	}
	zones_discard(&b);
}

/* Every one of many zones is found by its apex, and what is between them is refused. */
static void the_deepest_zone_answers(void **state)
{
	(void)state;
	static const char text[] = "@ 1 SOA a b 1 2 3 4 5\n@ NS x.\nwww A 192.0.2.1\n";
	static const char *const same[] = {text, text, text, text, text, text, text, text};
	static const char zones[] = "zone . r\nzone a a\nzone b.a b\nzone d.c.b.a d\nzone e.d.c.b.a e\n"
				    "zone z z\nzone y.z y\nzone x.z x\n";
	static const struct {
		const char *name;
		uint16_t type;
		const char *expected;
	} rows[] = {
		{"e.d.c.b.a", TYPE_DS, "nxdomain d.c.b.a. -"},
		{"b.a", TYPE_DS, "nxdomain a. -"},
		{".", TYPE_DS, "node . ."},
		{"q", TYPE_A, "nxdomain . -"},
		{".", TYPE_A, "node . ."},
		{"www", TYPE_A, "node . www."},
		{"a", TYPE_A, "node a. a."},
		{"www.b.a", TYPE_A, "node b.a. www.b.a."},
		{"c.b.a", TYPE_A, "nxdomain b.a. -"},
		{"www.d.c.b.a", TYPE_A, "node d.c.b.a. www.d.c.b.a."},
		{"www.e.d.c.b.a", TYPE_A, "node e.d.c.b.a. www.e.d.c.b.a."},
		{"e.c.b.a", TYPE_A, "nxdomain b.a. -"},
		{"www.x.z", TYPE_A, "node x.z. www.x.z."},
		{"www.y.z", TYPE_A, "node y.z. www.y.z."},
		{"w.z", TYPE_A, "nxdomain z. -"},
		{"b", TYPE_A, "nxdomain . -"},
	};
	struct built_zone b;
	zones_build(zones, same, &b);
	assert_non_null(b.zones);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[3 * NAME_TEXT_MAX];
		if (strcmp(found(&b, rows[i].name, rows[i].type, got), rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].name, got);
	}
	zones_discard(&b);
}

static void a_server_without_zones_refuses(void **state)
{
	(void)state;
	struct built_zone b;
	zones_build("workers 1\n", NULL, &b);
	char got[3 * NAME_TEXT_MAX];
	assert_string_equal(found(&b, "a.b.c", TYPE_A, got), "refused - -");
	zones_discard(&b);
}

/* Ten thousand names and one miss each: the table grows and stays exact. */
static void each_of_many_names_is_found(void **state)
{
	(void)state;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	fputs("$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS x.\n", out);
	for (int i = 0; i < 10000; i++)
		fprintf(out, "n%d A 192.0.2.1\n", i);
	fclose(out);
	struct built_zone b;
	zones_build("zone e f\n", (const char *const[]){text}, &b);
	assert_non_null(b.zones);
	for (int i = 0; i < 10000; i++) {
		char question[32], got[3 * NAME_TEXT_MAX];
		snprintf(question, sizeof(question), "n%d.e", i);
		assert_int_equal(strncmp(found(&b, question, TYPE_A, got), "node", 4), 0);
		snprintf(question, sizeof(question), "m%d.e", i);
		assert_int_equal(strncmp(found(&b, question, TYPE_A, got), "nxdomain", 8), 0);
	}
	zones_discard(&b);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(the_longest_names_are_found),
		cmocka_unit_test(the_deepest_zone_answers),
		cmocka_unit_test(a_server_without_zones_refuses),
		cmocka_unit_test(each_of_many_names_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
