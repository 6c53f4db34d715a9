/* SPDX-License-Identifier: ISC */
/* Response codes as text. */
#include "wire/rcode.h"
#include "wire/types.h"

#include <stddef.h>

const char *rcode_text(unsigned rcode)
{
	switch ((enum rcode)rcode) {
	case RCODE_NOERROR: return "NOERROR";
	case RCODE_FORMERR: return "FORMERR";
	case RCODE_SERVFAIL: return "SERVFAIL";
	case RCODE_NXDOMAIN: return "NXDOMAIN";
	case RCODE_NOTIMP: return "NOTIMP";
	case RCODE_REFUSED: return "REFUSED";
	case RCODE_YXDOMAIN: return "YXDOMAIN";
	case RCODE_NOTAUTH: return "NOTAUTH";
	case RCODE_BADVERS: return "BADVERS";
	case RCODE_BADCOOKIE: return "BADCOOKIE";
	}
	return NULL;
}
