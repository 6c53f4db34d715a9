/* SPDX-License-Identifier: ISC */
/* Any text as a zone file: faults, or a zone in which every name is found and every record is what its type
 * is made of. */
#include "require.h"
#include "wire/octets.h"
#include "wire/types.h"
#include "zone/steerings.h"
#include "zone/zone.h"

#include <ldns/ldns.h>
#include <strings.h>

static bool includes(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 8 <= size; i++) {
		if (strncasecmp((const char *)data + i, "$INCLUDE", 8) == 0)
			return true;
	}
	return false;
}

/* A record begins with a pointer to the question's name, so one stands there: the root. */
static void check_record(const uint8_t *record, size_t len)
{
	enum { RECORD_AT = HEADER_OCTETS + 1 };
	uint8_t *wire = calloc(1, RECORD_AT + len);
	size_t at = RECORD_AT;
	ldns_rr *rr = NULL;
	memcpy(wire + RECORD_AT, record, len);
	require(ldns_wire2rr(&rr, wire, RECORD_AT + len, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK);
	require(at == RECORD_AT + len);
	const ldns_rr_descriptor *descriptor = ldns_rr_descript((uint16_t)ldns_rr_get_type(rr));
	size_t empty =
		ldns_rr_get_type(rr) == LDNS_RR_TYPE_CAA; /* a value of no octets is no field to ldns */
	require(descriptor->_name == NULL ||
		ldns_rr_rd_count(rr) + empty >= ldns_rr_descriptor_minimum(descriptor));
	ldns_rr_free(rr);
	free(wire);
}

static void check_sets(const struct node *node)
{
	for (unsigned i = 0; i < node->n_sets; i++) {
		const struct rrset *set = &node->sets[i];
		size_t at = 0;
		require(set->n > 0 && node_rrset(node, set->type) == set);
		for (unsigned j = 0; j < set->n; j++) {
			require(set->octets_len - at >= RECORD_RDATA_AT);
			size_t len = RECORD_RDATA_AT + octets_get16(set->octets + at + RECORD_RDLENGTH_AT);
			require(set->octets_len - at >= len);
			require(octets_get16(set->octets + at + RECORD_TYPE_AT) == set->type);
			check_record(set->octets + at, len);
			at += len;
		}
		require(at == set->octets_len);
	}
}

static void check_zone(const struct zone *zone)
{
	require(zone_node(zone, zone->apex) == zone->apex_node);
	size_t n = 0;
	for (const struct node *node = zone->apex_node; node != NULL; node = zone_next(zone, node), n++) {
		struct name name;
		name_from_octets(node->name, &name);
		require(name_within(&name, zone->apex) && zone_node(zone, &name) == node);
		check_sets(node);
	}
	require(n == zone->n_nodes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char conf[] =
		"check c http\ndatacenter a address=192.0.2.1 check=c location=1,2\ndatacenter b\n"
		"geomap m * a b\nzone example z\n";
	struct faults faults = {0};
	if (includes(data, size))
		return 0;
	struct config *config = config_read_text("conf", conf, sizeof(conf) - 1, &faults);
	struct arena *arena = arena_new();
	struct roster *roster = roster_new(config);
	struct steerings *steerings = steerings_new();
	struct zone_context context = {config, roster, arena, &faults, 42, steerings, NULL, NULL};
	struct zone *zone = zone_load_text(&context, &config->zones[0], (const char *)data, size);
	require((zone == NULL) == (faults.errors > 0));
	zones_link(&context, zones_new(&zone, zone != NULL, 42, arena));
	if (zone != NULL && faults.errors == 0)
		check_zone(zone);
	steerings_free(steerings);
	roster_free(roster);
	arena_free(arena);
	config_free(config);
	faults_free(&faults);
	return 0;
}
