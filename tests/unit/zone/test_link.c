/* SPDX-License-Identifier: ISC */
/* ALIAS and CNAME by turns: which rrsets a name gets of them, what is refused, and what a scope must count.
 */
#include "wire/types.h"
#include "zone_faults.h"
#include "zone/rdata.h"

static const char two_zones[] = "datacenter a\ndatacenter b\ngeomap m * a b\nzone example z\nzone other o\n";
static const char other[] = START "far AT a A 192.0.2.7\nfar AT b A 192.0.2.8\ncname CNAME x.\n";

static const struct node *node_at(const struct built_zone *b, const char *text)
{
	struct name name;
	uint8_t label_at[NAME_LABELS_MAX + 1];
	struct lookup lookup = {.name = &name, .label_at = label_at};
	struct match m;
	const char *why;
	assert_true(name_parse(text, strlen(text), NULL, &name, &why));
	name_labels(&name, label_at);
	zones_find(b->zones, &lookup, TYPE_A, &m);
	assert_int_equal(m.kind, MATCH_NODE);
	return m.node;
}

/*
 * The rrsets of a node in its order: the type, and for each candidate `r` where it has a record, `a` where it
 * stands for a steered set, `p` for a plain one, `-` where it has nothing; a capital where an answer may be a
 * CNAME by it.
 */
static char *node_text(const struct node *node, char *out)
{
	char *p = out;
	*p = '\0';
	for (unsigned i = 0; i < node->n_sets; i++) {
		const struct rrset *set = &node->sets[i];
		char type[16];
		p += sprintf(p, "%s%s", i ? " " : "", rdata_type_format(set->type, type));
		for (unsigned j = 0; set->steered != NULL && j < set->steered->how->n; j++) {
			const struct steering *s = set->steered->how;
			const struct rrset *alias = steered_alias(set->steered, j);
			char c = alias == NULL    ? (s->members[j].record == MEMBER_NO_RECORD ? '-' : 'r')
				 : alias->steered ? 'a'
						  : 'p';
			p += sprintf(p, "%s%c", j ? "" : ":", s->cnames >> j & 1 ? c - 32 : c);
		}
	}
	return out;
}

static void names_get_the_types_of_what_they_stand_for(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *name, *expected;
	} rows[] = {
		{"x ALIAS y\ny A 192.0.2.1\ny TXT t\n", "x.example", "A:p TXT:p"},
		{"x ALIAS y\ny AT a A 192.0.2.1\ny AT b A 192.0.2.2\n", "x.example", "A:a"},
		{"@ ALIAS y\ny A 192.0.2.1\n", "example", "SOA NS A:p"},
		{"x ALIAS @\n@ TXT t\n", "x.example", "TXT:p"}, /* not what makes up the zone */
		{"x AT a ALIAS y\nx AT b A 192.0.2.9\nx AT b AAAA ::1\ny A 192.0.2.1\n", "x.example",
		 "A:pr AAAA:r"},
		{"x ALIAS y\ny CNAME z.\n", "x.example", "CNAME:P"},
		{"x ALIAS y\ny AT a CNAME z.\ny AT b CNAME w.\n", "x.example", "CNAME:A"},
		{"x AT a A 192.0.2.1\nx AT b CNAME z.\n", "x.example", "A:rP CNAME:-P"},
		{"x AT a A 192.0.2.1\nx AT a AAAA ::1\nx AT b CNAME z.\n", "x.example",
		 "A:rP AAAA:rP CNAME:--P"},
		{"x AT a A 192.0.2.1\nx AT a A 192.0.2.2\nx AT b CNAME z.\nx AT * backup=yes TXT t\n",
		 "x.example", "A:rrP- CNAME:--P- TXT:--Pr"},
		{"y ALIAS x\nx AT a A 192.0.2.1\nx AT b CNAME z.\n", "y.example", "CNAME:A A:A"},
		{"y AT a ALIAS x\ny AT b TXT t\nx AT a A 192.0.2.1\nx AT b CNAME z.\n", "y.example",
		 "CNAME:A- A:A- TXT:Ar"},
		{"x ALIAS y\ny ALIAS z\nz ALIAS w\nw AT a A 192.0.2.1\n", "x.example", "A:a"},
		{"x ALIAS far.other.\n", "x.example", "A:a"},
		{"x ALIAS q.w\n*.w A 192.0.2.1\n", "x.example", "A:p"},
		{"*.x ALIAS y\ny A 192.0.2.1\n", "q.x.example", "A:p"},
		{"x ALIAS y\nx TXT own\ny A 192.0.2.1\ny TXT t\n", "x.example", "TXT A:p"},
		{"x ALIAS y\nx.y A 192.0.2.1\n", "x.example", ""}, /* an empty name has nothing to give */
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct built_zone b;
		char text[1024], got[256];
		snprintf(text, sizeof(text), START "%s", rows[i].zone);
		zones_build(two_zones, (const char *const[]){text, other}, &b);
		if (b.zones == NULL)
			fail_msg("%s: %s", rows[i].zone, faults_text(&b.faults));
		if (strcmp(node_text(node_at(&b, rows[i].name), got), rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].zone, got);
		zones_discard(&b);
	}
}

static void what_leads_nowhere_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *fault;
	} rows[] = {
		{"x ALIAS x\n", "z:4:3: a loop of ALIAS: x.example. -> x.example.\n"},
		{"x ALIAS y\ny ALIAS z\nz ALIAS y\n",
		 "z:6:3: a loop of ALIAS: y.example. -> z.example. -> y.example.\n"},
		{"x ALIAS nope\n",
		 "z:4:3: ALIAS nope.example.: there is no such name; an ALIAS stands for another name of "
		 "this server\n"},
		{"x ALIAS nope.org.\n",
		 "z:4:3: ALIAS nope.org.: no zone of this server has that name; a CNAME leads to others\n"},
		{"@ ALIAS y\ny CNAME z.\n", "z:4:3: ALIAS y.example.: that is a CNAME, which can't stand "
					    "beside the SOA data of line 2\n"},
		{"x ALIAS y\nx TXT t\ny ALIAS z\nz AT a CNAME w.\n",
		 "z:4:3: ALIAS y.example.: that is a CNAME, which can't stand beside the TXT data of line "
		 "5\n"},
		{"x AT a ALIAS y\nx AT a A 192.0.2.1\ny CNAME z.\n",
		 "z:5:8: a CNAME and other records (line 4) in one tier; other datacenters, or backup=yes, "
		 "would keep "
		 "them apart\n"},
		{"x AT a ALIAS y\nx AT a A 192.0.2.1\ny AT a A 192.0.2.2\ny AT b CNAME z.\n",
		 "z:5:8: a CNAME and other records (line 4) in one tier; other datacenters, or backup=yes, "
		 "would keep "
		 "them apart\n"},
		{"@ ALIAS y\n@ TXT t\ny TXT u\ny A 192.0.2.1\n",
		 "z:4:3: warning: the ALIAS leads to TXT data, but the name has its own at line 5\n"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		char text[1024];
		snprintf(text, sizeof(text), START "%s", rows[i].zone);
		check_faults(text, rows[i].fault);
	}
}

/* A chain of `n` ALIAS, its lines turned so that the file begins with the `first`. */
static bool chain_sound(unsigned n, unsigned first, bool backwards)
{
	char text[4096] = START;
	struct built_zone b;
	for (unsigned i = 0; i < n; i++) {
		unsigned at = (backwards ? n - 1 - i + first : i + first) % n;
		char line[64];
		snprintf(line, sizeof(line), "d%u ALIAS d%u\n", at, at + 1);
		strcat(text, line);
	}
	snprintf(text + strlen(text), 64, "d%u A 192.0.2.1\n", n);
	zones_build("datacenter a\nzone example z\n", (const char *const[]){text}, &b);
	bool sound = b.zones != NULL;
	for (size_t i = 0; i < b.faults.n; i++)
		assert_non_null(strstr(b.faults.list[i].text, ": more than 8 names deep"));
	zones_discard(&b);
	return sound;
}

static void the_order_of_the_file_does_not_count_for_the_depth(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 20; n++) {
		for (unsigned first = 0; first < n; first++) {
			if (chain_sound(n, first, false) != (n <= 8) ||
			    chain_sound(n, first, true) != (n <= 8))
				fail_msg("%u names deep, from the %uth", n, first);
		}
	}
}

static void scopes_count_all_that_can_be_reached(void **state)
{
	(void)state;
	static const struct {
		const char *zone;
		unsigned n_reached;
	} rows[] = {
		{"x AT a A 192.0.2.1\n", 0},
		{"x ALIAS y\ny A 192.0.2.1\n", 0},
		{"x ALIAS y\ny AT a A 192.0.2.1\n", 1},
		{"x ALIAS y\ny ALIAS z\nz AT a A 192.0.2.1\n", 2},
		{"x AT a ALIAS y\nx AT b ALIAS y\ny AT a A 192.0.2.1\n", 1},
		{"x AT a CNAME y\nx AT b CNAME z\ny CNAME z\nz AT a A 192.0.2.1\nz AT a TXT t\n", 2},
		{"x AT a CNAME y.org.\nx AT b CNAME nope\n", 0},
		{"x AT a CNAME x\n", 0},
		{"x AT a CNAME far.other.\n", 1},
		{"x AT a CNAME y\ny AT a CNAME x\n", 1},
		{"x AT a A 192.0.2.1\nx AT b CNAME y\ny AT a A 192.0.2.1\n", 1},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct built_zone b;
		char text[1024];
		snprintf(text, sizeof(text), START "%s", rows[i].zone);
		zones_build(two_zones, (const char *const[]){text, other}, &b);
		assert_non_null(b.zones);
		const struct steered *s = node_at(&b, "x.example")->sets[0].steered;
		unsigned expected = rows[i].n_reached, got = s->n_reached;
		if (got != expected)
			fail_msg("%s: %u", rows[i].zone, got);
		zones_discard(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_get_the_types_of_what_they_stand_for),
		cmocka_unit_test(what_leads_nowhere_is_told),
		cmocka_unit_test(the_order_of_the_file_does_not_count_for_the_depth),
		cmocka_unit_test(scopes_count_all_that_can_be_reached),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
